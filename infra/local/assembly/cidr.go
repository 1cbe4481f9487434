package assembly

import (
	"math/big"
	"net/netip"
	"strconv"
)

// cidrs is Fn::Cidr: [block, count, bits of the host part (8 unless given)].
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html
func cidrs(s *Scope, list []any) any {
	block, err := netip.ParsePrefix(Text(list[0]))
	if err != nil {
		s.fail("%q is not an address block", Text(list[0]))
		return nil
	}
	count, err := strconv.Atoi(Text(list[1]))
	if err != nil || count < 1 || count > 256 {
		s.fail("the count must be 1 to 256")
		return nil
	}
	host := 8
	if len(list) > 2 {
		if host, err = strconv.Atoi(Text(list[2])); err != nil {
			s.fail("the host bits must be a number")
			return nil
		}
	}
	length := block.Addr().BitLen() - host
	if host < 1 || length < block.Bits() || (length-block.Bits() < 9 && count > 1<<(length-block.Bits())) {
		s.fail("%s has no room for %d blocks with %d host bits", block, count, host)
		return nil
	}
	out := make([]any, count)
	base := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	for i := range out {
		n := new(big.Int).Add(base, new(big.Int).Lsh(big.NewInt(int64(i)), uint(host))) //nolint:gosec // 1 to 128
		bytes := n.FillBytes(make([]byte, block.Addr().BitLen()/8))
		address, _ := netip.AddrFromSlice(bytes) // 4 or 16 bytes always are an address
		out[i] = netip.PrefixFrom(address, length).String()
	}
	return out
}
