package assembly

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Asset is a file or folder of the assembly that deploying would upload to S3.
type Asset struct {
	// Path is absolute.
	Path string
	// Zip says that Path is a folder which is uploaded as a zip file.
	Zip bool
}

// assetManifest is the part of *.assets.json that tells where each file goes.
type assetManifest struct {
	Files map[string]struct {
		Source struct {
			Path      string `json:"path"`
			Packaging string `json:"packaging"`
		} `json:"source"`
		Destinations map[string]struct {
			BucketName string `json:"bucketName"`
			ObjectKey  string `json:"objectKey"`
		} `json:"destinations"`
	} `json:"files"`
}

func (a *Assembly) loadAssets(dir, file string) error {
	var m assetManifest
	if err := readJSON(filepath.Join(dir, file), &m); err != nil {
		return err
	}
	for _, f := range m.Files {
		for _, d := range f.Destinations {
			a.assets[d.BucketName+"/"+d.ObjectKey] = Asset{Path: filepath.Join(dir, f.Source.Path), Zip: f.Source.Packaging == "zip"}
		}
	}
	return nil
}

// Asset gives the source of an object in the bootstrap bucket, as a template names it.
func (a *Assembly) Asset(bucket, key string) (Asset, error) {
	e := a.Environment
	fill := strings.NewReplacer("${AWS::AccountId}", e.Account, "${AWS::Region}", e.Region, "${AWS::Partition}", partition)
	object := bucket + "/" + key
	for name, asset := range a.assets {
		if fill.Replace(name) == object {
			return asset, nil
		}
	}
	return Asset{}, fmt.Errorf("the assembly has no asset s3://%s", object)
}
