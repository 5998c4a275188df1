package proxy

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"tvscim/scim"
)

// checkBody refuses a body by its headers alone: a media type that is not JSON, a coding, an
// announced length above the limit. A missing Content-Type is accepted.
func checkBody(r *http.Request, limit int64) error {
	if err := checkType(r.Header.Values("Content-Type")); err != nil {
		return err
	}
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Content-Encoding"), ","), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return scim.Errorf(http.StatusUnsupportedMediaType, "", "Content-Encoding is not supported; send the body without it")
		}
	}
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	return nil
}

// checkType refuses the values of Content-Type unless there is none, or one that is JSON. Several
// are ambiguous, and an intermediary may use another one than this service.
func checkType(values []string) error {
	if len(values) > 1 {
		return scim.Errorf(http.StatusUnsupportedMediaType, "", "%d Content-Type headers were sent; send one", len(values))
	}
	given := strings.Join(values, "")
	if given == "" {
		return nil
	}
	typ, _, err := mime.ParseMediaType(given)
	if err != nil || typ != "application/json" && typ != mediaType {
		return scim.Errorf(http.StatusUnsupportedMediaType, "", "Content-Type: expected %s or application/json", mediaType)
	}
	return nil
}

// readBody reads a body of at most limit bytes, with any framing. If the body is longer, the
// connection of w is closed after the response.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(limit)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, scim.Errorf(http.StatusRequestTimeout, "", "the body did not arrive in time; send the request again").Because(err)
	case err != nil:
		return nil, scim.InvalidSyntax("the body could not be read completely; send the request again").Because(err)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, scim.InvalidSyntax("the body is empty: expected a JSON object")
	}
	return body, nil
}

// tooLarge returns the error for a body above the limit.
func tooLarge(limit int64) error {
	return scim.Errorf(http.StatusRequestEntityTooLarge, "",
		"the body is larger than %d bytes, the limit of this service; send less in one request", limit)
}
