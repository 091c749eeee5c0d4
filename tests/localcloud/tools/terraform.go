package tools

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	terraformAWS        = "terraform-provider-aws"
	terraformAWSVersion = "5.100.0" // what pulumi-aws 6.83 is built on
	terraformRegistry   = "https://registry.terraform.io/v1/providers/hashicorp/aws/" + terraformAWSVersion + "/download/"
	// archiveLimit bounds what is read from the network and unpacked.
	archiveLimit = 1 << 30
)

// terraformRecipe finds or downloads the Terraform AWS provider. The bridge takes the provider's name from the file's
// name, so it is put under its plain name.
func terraformRecipe() Recipe {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	local := findTerraformAWS(mirrorFolders(), platform)
	return Recipe{
		Name:  terraformAWS,
		Cost:  "about 1 minute",
		Key:   []string{terraformAWSVersion, platform, local},
		Tools: map[string]string{terraformAWS: terraformAWS},
		Make: func(ctx context.Context, folder string) error {
			target := filepath.Join(folder, terraformAWS)
			if local != "" {
				return os.Symlink(local, target)
			}
			if err := downloadTerraformAWS(ctx, terraformRegistry+runtime.GOOS+"/"+runtime.GOARCH, target); err != nil {
				return fmt.Errorf("the Terraform AWS provider %s is not on this machine and could not be downloaded; put it below a folder"+
					" named by PLATFORM_TERRAFORM_PLUGINS as registry.terraform.io/hashicorp/aws/%s/%s/: %w",
					terraformAWSVersion, terraformAWSVersion, platform, err)
			}
			return nil
		},
	}
}

// mirrorFolders lists where Terraform plugins may be kept: a folder named by the user, the folders that Terraform itself
// takes as mirrors, and folders directly below /opt, where images put them.
func mirrorFolders() []string {
	var folders []string
	if named := os.Getenv("PLATFORM_TERRAFORM_PLUGINS"); named != "" {
		folders = append(folders, named)
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".terraform.d", "plugins"), filepath.Join(home, ".local", "share", "terraform", "plugins"))
	}
	folders = append(folders, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
	below, err := filepath.Glob("/opt/*")
	if err == nil { // the pattern is right, so it never fails
		folders = append(folders, below...)
	}
	return folders
}

// findTerraformAWS returns the first provider binary in a mirror's layout, or nothing.
func findTerraformAWS(folders []string, platform string) string {
	for _, folder := range folders {
		pattern := filepath.Join(folder, "registry.terraform.io/hashicorp/aws", terraformAWSVersion, platform, terraformAWS+"*")
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			continue
		}
		if absolute, err := filepath.Abs(found[0]); err == nil {
			return absolute
		}
	}
	return ""
}

// downloadTerraformAWS asks the registry where the provider's archive is, checks it against the checksum list published
// beside it and unpacks the binary to target.
func downloadTerraformAWS(ctx context.Context, address, target string) error {
	response, err := fetch(ctx, address)
	if err != nil {
		return err
	}
	var release struct {
		Filename    string `json:"filename"`
		DownloadURL string `json:"download_url"`
		SumsURL     string `json:"shasums_url"`
	}
	if err := json.Unmarshal(response, &release); err != nil {
		return fmt.Errorf("read the registry's response: %w", err)
	}
	sums, err := fetch(ctx, release.SumsURL)
	if err != nil {
		return err
	}
	archive, err := fetch(ctx, release.DownloadURL)
	if err != nil {
		return err
	}
	if err := verify(sums, release.Filename, archive); err != nil {
		return err
	}
	return unpack(archive, target)
}

// verify checks content against its line of a SHA256SUMS file.
func verify(sums []byte, name string, content []byte) error {
	actual := sha256.Sum256(content)
	lines := bufio.NewScanner(bytes.NewReader(sums))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 2 || fields[1] != name {
			continue
		}
		if fields[0] != hex.EncodeToString(actual[:]) {
			return fmt.Errorf("%s has another checksum than the published one: do not use it", name)
		}
		return nil
	}
	return fmt.Errorf("the published checksums do not name %s", name)
}

// unpack writes the provider binary of a zip archive to target.
func unpack(archive []byte, target string) (err error) {
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	for _, file := range reader.File {
		if !strings.HasPrefix(file.Name, terraformAWS) {
			continue
		}
		source, err := file.Open()
		if err != nil {
			return fmt.Errorf("unpack %s: %w", file.Name, err)
		}
		defer source.Close()
		out, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o755) //nolint:gosec // a program in the cache
		if err != nil {
			return err
		}
		_, err = io.Copy(out, io.LimitReader(source, archiveLimit))
		return errors.Join(err, out.Close())
	}
	return fmt.Errorf("the archive holds no %s", terraformAWS)
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s responded with %s", address, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, archiveLimit))
}
