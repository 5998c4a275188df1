package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/tvapi/tvfake"
)

// TestEveryRefusalIsInTheLog: the detail of an error names the request, and the one line of that
// request says which resource, the scimType and the reason, and nothing of any person. The detail
// itself stands at debug level.
func TestEveryRefusalIsInTheLog(t *testing.T) {
	t.Parallel()
	const nora = "nora.vale@contoso.example"
	personal := regexp.MustCompile(`(?i)nora|vale|contoso|@`)
	for name, refusal := range map[string]struct {
		request  func(s *stage, id string) answer
		id       bool // the line has the id of the user
		scimType string
		reason   string // a part of it
		fault    *tvfake.Fault
	}{
		"taken": {request: func(s *stage, _ string) answer {
			return s.do("POST", "/Users", `{"userName":"`+nora+`","displayName":"Nora Vale"}`)
		}, scimType: "uniqueness", reason: "userName … is taken by TeamViewer user u"},
		"no address": {request: func(s *stage, id string) answer {
			return s.do("PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"userName","value":"Nora Vale"}`))
		}, id: true, scimType: "invalidValue", reason: "userName … cannot be the address of a TeamViewer account: TeamViewer takes only plain ASCII"},
		"owner of the token": {request: func(s *stage, _ string) answer {
			return s.do("PATCH", "/Users/"+s.fake.OwnerID(), patchOf(inactive))
		}, scimType: "mutability", reason: "was not deactivated, since the gateway would lose its access"},
		"deleted by the client": {request: func(s *stage, id string) answer {
			s.status(s.t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
			return s.do("GET", "/Users/"+id, "")
		}, id: true, reason: "was deleted by the client and is inactive in TeamViewer"},
		"deleted by the client, changed": {request: func(s *stage, id string) answer {
			s.status(s.t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
			return s.do("PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"displayName","value":"Nora Berg"}`))
		}, id: true, reason: "was deleted by the client and is inactive in TeamViewer"},
		"unknown id": {request: func(s *stage, _ string) answer { return s.do("GET", "/Users/u1", "") }, reason: "There is no user … in this"},
		"name as id": {request: func(s *stage, _ string) answer { return s.do("DELETE", "/Users/"+nora, "") }, reason: "There is no user … in this"},
		"broken filter": {request: func(s *stage, _ string) answer {
			return s.do("GET", `/Users?filter=userName+eq+nora@contoso.example+vale`, "")
		},
			scimType: "invalidFilter", reason: "filter: …"},
		"wrong type": {request: func(s *stage, id string) answer { return s.do("PUT", "/Users/"+id, `{"userName":{"Nora":"Vale"}}`) },
			id: true, scimType: "invalidValue", reason: "userName: expected"},
		"too long": {request: func(s *stage, id string) answer {
			return s.do("PUT", "/Users/"+id, `{"userName":"`+nora+`","externalId":"`+strings.Repeat("Nora", 300)+`"}`)
		}, id: true, scimType: "invalidValue", reason: "externalId: longer than 1024 characters"},
		"refused by TeamViewer": {request: func(s *stage, id string) answer {
			return s.do("PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"displayName","value":"Nora Berg"}`))
		}, id: true, reason: "was not changed", fault: &tvfake.Fault{Function: "PUT /users/{id}", Status: http.StatusForbidden, Times: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zapcore.DebugLevel)
			s := newStage(t, staging{direct: true, log: zap.New(core)})
			id := s.user(nora)
			if refusal.fault != nil {
				s.fake.Fail(*refusal.fault)
			}
			logs.TakeAll()
			a := refusal.request(s, id)
			detail, _ := a.json(t)["detail"].(string)
			request := a.header.Get("X-Request-Id")
			if a.status < 400 || request == "" || !strings.HasSuffix(detail, " (request "+request+")") {
				t.Fatalf("status %d, request %s, detail %q", a.status, request, detail)
			}
			var lines []observer.LoggedEntry
			for _, line := range logs.All() {
				text, err := json.Marshal(line.ContextMap())
				if err != nil {
					t.Fatal(err)
				}
				if line.Level > zapcore.DebugLevel && personal.MatchString(line.Message+string(text)) {
					t.Errorf("personal data at level %s: %s %s", line.Level, line.Message, text)
				}
				if line.Level > zapcore.DebugLevel && line.ContextMap()["request_id"] == request {
					lines = append(lines, line)
				}
			}
			if len(lines) != 1 {
				t.Fatalf("%d lines of the request: %v", len(lines), lines)
			}
			fields := lines[0].ContextMap()
			if wantID := map[bool]any{true: id}[refusal.id]; refusal.id && fields["id"] != wantID || strings.Contains(fmt.Sprint(fields["id"]), "nora") {
				t.Errorf("id %v, want %v", fields["id"], wantID)
			}
			if got, _ := fields["scim_type"].(string); got != refusal.scimType {
				t.Errorf("scimType %q, want %q", got, refusal.scimType)
			}
			if got, _ := fields["reason"].(string); !strings.Contains(got, refusal.reason) {
				t.Errorf("reason %q, want %q", got, refusal.reason)
			}
			whole := logs.FilterMessage("request details").FilterField(zap.String("request_id", request)).All()
			if len(whole) != 1 || !strings.HasPrefix(detail, fmt.Sprint(whole[0].ContextMap()["failure"])) {
				t.Errorf("at debug level: %v, want the detail %q", whole, detail)
			}
		})
	}
}
