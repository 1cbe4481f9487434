package assembly

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// assetManifest is the part of *.assets.json that tells where each file goes.
type assetManifest struct {
	Files map[string]struct {
		Source struct {
			Path string `json:"path"`
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
			a.assets[d.BucketName+"/"+d.ObjectKey] = filepath.Join(dir, f.Source.Path)
		}
	}
	return nil
}

// Asset is the absolute path of the file or folder that deploying would upload to the bootstrap bucket as an object, which is
// named as templates name it.
func (a *Assembly) Asset(bucket, key string) (string, error) {
	e := a.Environment
	fill := strings.NewReplacer("${AWS::AccountId}", e.Account, "${AWS::Region}", e.Region, "${AWS::Partition}", partition)
	object := bucket + "/" + key
	for name, asset := range a.assets {
		if fill.Replace(name) == object {
			return asset, nil
		}
	}
	return "", fmt.Errorf("the assembly has no asset s3://%s", object)
}

// Files opens the files of an asset, which is a folder or a zip file. Symbolic links must not lead out of the folder.
func Files(asset string) (fs.FS, io.Closer, error) {
	info, err := os.Stat(asset)
	if err != nil {
		return nil, nil, fmt.Errorf("the asset cannot be read, synthesize again: %w", err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(asset)
		if err != nil {
			return nil, nil, fmt.Errorf("the asset cannot be read: %w", err)
		}
		return root.FS(), root, nil
	}
	archive, err := zip.OpenReader(asset)
	if err != nil {
		return nil, nil, fmt.Errorf("the asset %s is neither a folder nor a zip file: %w", asset, err)
	}
	return archive, archive, nil
}
