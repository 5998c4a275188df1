package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tvscim/scim"
	"tvscim/tvapi"
)

// TestSayError is the table of the border between TeamViewer's errors and SCIM's.
func TestSayError(t *testing.T) {
	t.Parallel()
	own, callers := &Company{}, &Company{callersToken: true}
	for _, test := range []struct {
		name   string
		c      *Company
		err    error
		status int
		typ    scim.ErrorType
		retry  time.Duration
		says   string
	}{
		{"unsent", own, &tvapi.Error{Kind: tvapi.KindUnsent}, 503, "", retryTrouble, "tried again"},
		{"lost", own, &tvapi.Error{Kind: tvapi.KindLost}, 503, "", retryTrouble, "tried again"},
		{"server", own, &tvapi.Error{Kind: tvapi.KindServer, Status: 500, Category: "internal_error"}, 503, "", retryTrouble, "internal_error"},
		{"server asks to wait", own, &tvapi.Error{Kind: tvapi.KindServer, Status: 503, RetryAfter: 7 * time.Second}, 503, "", 7 * time.Second, ""},
		{"foreign", own, &tvapi.Error{Kind: tvapi.KindForeign, Status: 200}, 503, "", retryTrouble, "not TeamViewer's Web API (HTTP status 200)"},
		{"throttled", own, &tvapi.Error{Kind: tvapi.KindThrottled, Function: tvapi.FuncUserCreate}, 429, "", retryThrottled, "POST /users is used up"},
		{"throttled, asks to wait", own, &tvapi.Error{Kind: tvapi.KindThrottled, RetryAfter: time.Hour}, 429, "", time.Hour, ""},
		{"our token", own, &tvapi.Error{Kind: tvapi.KindToken, Status: 401}, 503, "", retryThrottled, "teamviewer.token"},
		{"the caller's token", callers, &tvapi.Error{Kind: tvapi.KindToken, Status: 401}, 401, "", 0, "Secret Token"},
		{"right to change", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserUpdate}, 400, "", 0, "edit users"},
		{"right to change, caller's token", callers, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncMemberAdd}, 400, "", 0, "edit user groups"},
		{"right to look, our token", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserList}, 503, "", retryThrottled, "view users"},
		{"right to look, caller's token", callers, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncUserList}, 403, "", 0, "view users"},
		{"right without a name", own, &tvapi.Error{Kind: tvapi.KindPermission, Function: tvapi.FuncPing}, 400, "", 0, "for GET /ping"},
		{"licence", own, &tvapi.Error{Kind: tvapi.KindLicense, Category: "license_required", Description: "A license is needed."}, 400, "", 0,
			"(license_required: A license is needed)"},
		{"blocked", own, &tvapi.Error{Kind: tvapi.KindBlocked}, 503, "", retryThrottled, "blocks calls"},
		{"not found", own, &tvapi.Error{Kind: tvapi.KindNotFound, Function: tvapi.FuncAccount, Status: 404, Category: "not_found"}, 503, "", retryTrouble,
			"GET /account with HTTP status 404 (not_found), which this request does not explain"},
		{"not found, of a write", own, &tvapi.Error{Kind: tvapi.KindNotFound, Function: tvapi.FuncUserUpdate}, 503, "", retryTrouble, "PUT /users/{id}"},
		{"not found, asks to wait", own, &tvapi.Error{Kind: tvapi.KindNotFound, RetryAfter: time.Hour}, 503, "", time.Hour, ""},
		{"conflict of a name", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncGroupUpdate}, 409, scim.TypeUniqueness, 0, "taken"},
		{"conflict of a new name", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncGroupCreate}, 409, scim.TypeUniqueness, 0, "taken"},
		{"conflict of a new address", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncUserCreate}, 409, scim.TypeUniqueness, 0, "taken"},
		{"conflict of members", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncMemberAdd}, 400, scim.TypeInvalidValue, 0, "refused"},
		{"conflict of a list", own, &tvapi.Error{Kind: tvapi.KindConflict, Function: tvapi.FuncUserList}, 503, "", retryTrouble, "GET /users"},
		{"invalid list", own, &tvapi.Error{Kind: tvapi.KindInvalid, Function: tvapi.FuncGroupList}, 503, "", retryTrouble, "GET /usergroups"},
		{"invalid", own, &tvapi.Error{Kind: tvapi.KindInvalid, Function: tvapi.FuncUserUpdate, Description: "name is too long"}, 400, scim.TypeInvalidValue, 0, "(name is too long)"},
		{"wrapped", own, fmt.Errorf("load: %w", &tvapi.Error{Kind: tvapi.KindServer}), 503, "", retryTrouble, "User u7 was not changed"},
		{"deadline", own, fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, "", retryTrouble, "time"},
		{"cancelled", own, context.Canceled, 503, "", retryTrouble, "time"},
		{"a picture without users", own, errors.New("empty"), 503, "", retryTrouble, "not known"},
		{"SCIM's already", own, scim.NoTarget("no such e-mail"), 400, scim.TypeNoTarget, 0, "no such e-mail"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.c.sayError(test.err, "User u7 was not changed")
			e, ok := errors.AsType[*scim.Error](err)
			if !ok {
				t.Fatalf("%v is no SCIM error", err)
			}
			if e.Status != test.status || e.Type != test.typ || e.RetryAfter != test.retry || !strings.Contains(e.Detail, test.says) {
				t.Errorf("%d %q after %s: %s\nwant %d %q after %s, saying %q", e.Status, e.Type, e.RetryAfter, e.Detail, test.status, test.typ, test.retry, test.says)
			}
			if !errors.Is(err, test.err) {
				t.Error("the cause is lost for the log")
			}
			if strings.Contains(e.Detail, "..") || strings.Contains(e.Detail, "%!") {
				t.Errorf("detail: %s", e.Detail)
			}
		})
	}
}

// TestEveryFunctionHasARight: whoever lacks a right is told its name.
func TestEveryFunctionHasARight(t *testing.T) {
	t.Parallel()
	for _, f := range []tvapi.Function{
		tvapi.FuncAccount, tvapi.FuncUserList, tvapi.FuncUserGet, tvapi.FuncUserCreate, tvapi.FuncUserUpdate, tvapi.FuncUserDelete,
		tvapi.FuncGroupList, tvapi.FuncGroupGet, tvapi.FuncGroupCreate, tvapi.FuncGroupUpdate, tvapi.FuncGroupDelete,
		tvapi.FuncMemberList, tvapi.FuncMemberAdd, tvapi.FuncMemberRemove,
	} {
		if rights[f] == "" {
			t.Errorf("%s: no right", f)
		}
	}
}
