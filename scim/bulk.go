package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bulk is a bulk request (RFC 7644 section 3.7). Its operations are carried out in the order of
// [Bulk.Steps].
type Bulk struct {
	FailOnErrors int // after how many errors to stop; 0: never
	Operations   []BulkOperation
}

// BulkOperation is one operation of a bulk request. Path and Data may refer to resources that other
// operations create; see [BulkOperation.Resolve].
type BulkOperation struct {
	Method  string // POST, PUT, PATCH or DELETE; the start of any other, which is refused
	BulkID  string
	Path    string // as the client wrote it
	If      Precondition
	Data    Body
	Refused *Error // why the operation is refused; nil: it is not. For a PUT or PATCH it may be part of Data ([Body.Refuse])
}

// bulkMethods are the methods that an operation may have.
var bulkMethods = []string{"POST", "PUT", "PATCH", "DELETE"}

// longestMethod is how many characters of an unknown method the response repeats.
const longestMethod = 20

// The errors of an operation that do not depend on its resource.
var (
	errNoOperation = InvalidSyntax("expected an object with method, path and data")
	errNoMethod    = InvalidSyntax("method: expected POST, PUT, PATCH or DELETE")
	errNoBulkID    = InvalidSyntax("bulkId: required for a POST (RFC 7644 section 3.7)")
	errNoData      = InvalidSyntax("data: expected an object")
	errNoVersion   = InvalidValue(`version: expected the version of a resource, such as W/"a1b2"`)
	errNoPath      = InvalidSyntax("path: expected the path of a resource, such as /Users/1")
)

// DecodeBulk reads the body of a bulk request of at most maxOperations operations; more is a 413
// error. An invalid operation has Refused set, so that the others are carried out; only a body that
// is not a BulkRequest is refused as a whole, as invalidSyntax. Names of members and methods may be
// in any case.
func DecodeBulk(body []byte, maxOperations int) (Bulk, error) {
	o, err := bodyObject(body)
	if err != nil {
		return Bulk{}, err
	}
	if err := o.requireSchema(BulkRequestURN); err != nil {
		return Bulk{}, err
	}
	b := Bulk{}
	if b.FailOnErrors, err = failOnErrors(o); err != nil {
		return Bulk{}, err
	}
	v, _, err := o.get("Operations")
	if err != nil {
		return Bulk{}, err
	}
	operations, ok := v.([]any)
	if !ok {
		return Bulk{}, InvalidSyntax("Operations: expected a list of operations, got %s", kindOf(v))
	}
	if len(operations) > maxOperations {
		return Bulk{}, Errorf(413, "", "the bulk request has %d operations, but maxOperations is %d; send several smaller requests", len(operations), maxOperations)
	}
	taken := make(map[string]bool, len(operations))
	for _, v := range operations {
		op := bulkOperation(v)
		if op.Refused == nil && op.Method == "POST" && taken[op.BulkID] {
			op.Refused = InvalidSyntax("bulkId: another POST of this request has the same one; use a different one for each POST")
		}
		taken[op.BulkID] = taken[op.BulkID] || op.Method == "POST"
		b.Operations = append(b.Operations, op)
	}
	for i := range b.Operations {
		b.Operations[i].trim(taken)
	}
	return b, nil
}

// failOnErrors reads the member of that name. Zero and less mean that it is absent.
func failOnErrors(o object) (int, error) {
	v, _, err := o.get("failOnErrors")
	if v == nil || err != nil {
		return 0, err
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, InvalidSyntax("failOnErrors: expected a whole number, got %s", kindOf(v))
	}
	most, err := n.Int64()
	if err != nil {
		return 0, InvalidSyntax("failOnErrors: expected a whole number").Because(err)
	}
	return int(min(max(most, 0), 1<<30)), nil
}

// bulkOperation reads one operation.
func bulkOperation(v any) BulkOperation {
	o, ok := v.(object)
	if !ok {
		return BulkOperation{Refused: errNoOperation}
	}
	var op BulkOperation
	var errs [5]error
	var method string
	var data any
	method, errs[0] = o.text("method")
	op.Path, errs[1] = o.text("path")
	op.BulkID, errs[2] = o.text("bulkId")
	op.If, errs[3] = o.version()
	data, _, errs[4] = o.get("data")
	for _, err := range errs {
		op.refuse(err)
	}
	op.Method = strings.ToUpper(method)
	known := slices.Contains(bulkMethods, op.Method)
	if !known {
		op.Method = fmt.Sprintf("%.*s", longestMethod, method)
	}
	op.Data.object, ok = data.(object)
	switch {
	case !known:
		op.refuse(errNoMethod)
	case op.Method == "POST" && op.BulkID == "":
		op.refuse(errNoBulkID)
	case op.Path == "":
		op.refuse(errNoPath)
	case !ok && op.Method != "DELETE":
		op.refuse(errNoData)
	}
	if changes := op.Method == "PUT" || op.Method == "PATCH"; op.Refused != nil && changes && ok && op.Path != "" && errs[3] == nil {
		op.Data, op.Refused = op.Data.Refuse(op.Refused), nil
	}
	return op
}

// version reads the version that an operation expects of its resource. An empty version is an
// error; see [ParsePrecondition].
func (o object) version() (Precondition, error) {
	v, _, err := o.get("version")
	if v == nil || err != nil {
		return Precondition{}, err
	}
	version, err := o.text("version")
	if err != nil {
		return Precondition{}, err
	}
	p, err := ParsePrecondition([]string{version}, nil)
	if err != nil {
		return Precondition{}, errNoVersion
	}
	return p, nil
}

// refuse records the first error of the operation.
func (op *BulkOperation) refuse(err error) {
	if e, ok := errors.AsType[*Error](err); ok && op.Refused == nil {
		op.Refused = e
	}
}

// text returns the value of a member that is a text, "" when it is absent.
func (o object) text(name string) (string, error) {
	v, _, err := o.get(name)
	if v == nil || err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", InvalidSyntax("%s: expected a string, got %s", name, kindOf(v))
	}
	return s, nil
}
