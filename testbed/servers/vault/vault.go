//go:build server

// Package vault makes the server a dependency of this module: `go install` refuses one with `replace` directives.
package vault

import _ "github.com/hashicorp/vault"
