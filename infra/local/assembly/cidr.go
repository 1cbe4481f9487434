package assembly

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
)

// cidrs is Fn::Cidr: [block, count, bits of the host part (8 unless given)].
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html
func cidrs(_ *Scope, list []any) (any, error) {
	block, err := netip.ParsePrefix(Text(list[0]))
	if err != nil {
		return nil, fmt.Errorf("%q is not an address block", Text(list[0]))
	}
	count, err := strconv.Atoi(Text(list[1]))
	if err != nil || count < 1 || count > 256 {
		return nil, errors.New("the count must be 1 to 256")
	}
	host := 8
	if len(list) > 2 {
		if host, err = strconv.Atoi(Text(list[2])); err != nil {
			return nil, errors.New("the host bits must be a number")
		}
	}
	length := block.Addr().BitLen() - host
	if host < 1 || length < block.Bits() || (length-block.Bits() < 9 && count > 1<<(length-block.Bits())) {
		return nil, fmt.Errorf("%s has no room for %d blocks with %d host bits", block, count, host)
	}
	out := make([]any, count)
	base := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	for i := range out {
		n := new(big.Int).Add(base, new(big.Int).Lsh(big.NewInt(int64(i)), uint(host))) //nolint:gosec // 1 to 128
		bytes := n.FillBytes(make([]byte, block.Addr().BitLen()/8))
		address, _ := netip.AddrFromSlice(bytes) // 4 or 16 bytes always are an address
		out[i] = netip.PrefixFrom(address, length).String()
	}
	return out, nil
}
