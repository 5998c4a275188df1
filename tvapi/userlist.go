package tvapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/url"
)

// userListLimit bounds the list of users: some three million of them.
const userListLimit = 1 << 30

// Users lists the whole company in one answer, which is decoded as it arrives and
// never held in memory. Entries whose id does not parse are skipped. An error ends
// the list: what came before it is not the whole company. An answer without
// `users` is an empty list; whether a company can be empty is the reader's to
// judge. Only ctx limits the time, the reader's own included, and the list counts as
// one of the calls under way until its end. It is asked for again only while nothing
// of it was yielded: else users would come twice.
//
// TeamViewer Web API: GET /users?full_list=true
func (c *Client) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		skipped, begun := 0, false
		err := c.send(ctx, call{
			function: FuncUserList,
			query:    url.Values{"full_list": {"true"}},
			limit:    userListLimit,
			long:     true,
			begun:    func() bool { return begun },
			read: func(r io.Reader) error {
				skipped = 0
				return readUsers(r, func(w wireUser) bool {
					if w.ID == 0 {
						skipped++
						return true
					}
					begun = true
					return yield(w.user(), nil)
				})
			},
		})
		c.warnSkipped(FuncUserList, skipped)
		if err != nil { // never after yield said to stop: that ends the reading without one
			yield(User{}, err)
		}
	}
}

// errErrorBody is an error body that came with the status of a success.
var errErrorBody = errors.New("the answer holds an error")

// readUsers decodes {"users": [...]} entry by entry and stops early when each
// says so. Other members of the object are passed over, the end is checked.
func readUsers(r io.Reader, each func(wireUser) bool) error {
	dec := json.NewDecoder(r)
	if err := expect(dec, json.Delim('{')); err != nil {
		return err
	}
	seen := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return shapeError(err)
		}
		switch {
		case key == "users" && seen:
			return errShape
		case key == "users":
			seen = true
			if goOn, err := readUserArray(dec, each); err != nil || !goOn {
				return err
			}
		default:
			var other json.RawMessage
			if err := dec.Decode(&other); err != nil {
				return shapeError(err)
			}
			if key == "error" && string(other) != "null" {
				return errErrorBody
			}
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errShape
	}
	return nil
}

// readUserArray decodes the array of users; null is an empty one.
func readUserArray(dec *json.Decoder, each func(wireUser) bool) (goOn bool, err error) {
	switch start, err := dec.Token(); {
	case err != nil:
		return false, shapeError(err)
	case start == nil:
		return true, nil
	case start != json.Delim('['):
		return false, errShape
	}
	for dec.More() {
		var w wireUser
		if err := dec.Decode(&w); err != nil {
			return false, shapeError(err)
		}
		if !each(w) {
			return false, nil
		}
	}
	return true, expect(dec, json.Delim(']'))
}

// expect reads one token that must be want.
func expect(dec *json.Decoder, want json.Delim) error {
	switch got, err := dec.Token(); {
	case err != nil:
		return shapeError(err)
	case got != want:
		return errShape
	default:
		return nil
	}
}
