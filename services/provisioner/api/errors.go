package api

import "errors"

// Code tells programs which kind of error a call ended with. The function gives it to Lambda as the error's type, in which
// it survives the invocation.
type Code string

// CodeNoTenant is the code of a call about a tenant that does not exist.
const CodeNoTenant Code = "NoSuchTenant"

// Error is an error that programs tell from others by its code.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

// CodeOf is the code of an error; empty when it has none.
func CodeOf(err error) Code {
	var coded *Error
	if errors.As(err, &coded) {
		return coded.Code
	}
	return ""
}
