package config

import "time"

// Config is everything that can be set. Each field is a key of config.yaml under the name in its
// yaml tag; nested structs are its sections.
type Config struct {
	// Listen is the host:port on which SCIM is served.
	Listen string `yaml:"listen"`
	// AdminListen is the host:port of health and metrics. It asks for no password.
	AdminListen string `yaml:"admin_listen"`
	// BasePath is the path before /Users and /Groups. It begins with a slash and does not end with
	// one.
	BasePath string `yaml:"base_path"`
	// PublicURL is scheme and host as the identity provider sees them, without a path; empty if not
	// known. It goes into Location and meta.location (RFC 7644 section 3.1).
	PublicURL string `yaml:"public_url"`

	Auth       Auth       `yaml:"auth"`
	TeamViewer TeamViewer `yaml:"teamviewer"`
	Cache      Cache      `yaml:"cache"`
	Store      Store      `yaml:"store"`
	Users      Users      `yaml:"users"`
	Protect    Protect    `yaml:"protect"`
	Log        Log        `yaml:"log"`
	Limits     Limits     `yaml:"limits"`
}

// Auth says who may call the gateway.
type Auth struct {
	Mode AuthMode `yaml:"mode"`
	// Tokens are the bearer tokens of [AuthToken], and in [AuthPassthrough] the TeamViewer tokens
	// that may be tried, all if there are none; several at once, to rotate.
	Tokens []Token `yaml:"tokens"`
}

// AuthMode is the way a caller proves who it is.
type AuthMode string

const (
	// AuthPassthrough takes the caller's bearer token as a TeamViewer script token.
	AuthPassthrough AuthMode = "passthrough"
	// AuthToken knows callers by [Auth.Tokens] and keeps TeamViewer's token here.
	AuthToken AuthMode = "token"
)

// TeamViewer says how the TeamViewer Web API is reached.
type TeamViewer struct {
	// BaseURL is scheme and host of the API, without /api/v1.
	BaseURL string `yaml:"base_url"`
	// Token is the script token of [AuthToken], from whichever of value, file and environment gave
	// it.
	Token Secret `yaml:"token"`
	// TokenFile is the file that Token was read from; empty if it was given directly.
	TokenFile string `yaml:"token_file"`
	// Timeout bounds one call. Loads of the whole company have a deadline of their own.
	Timeout time.Duration `yaml:"timeout"`
	// MaxWait is how long a call waits for its turn, while others are under way or TeamViewer's
	// limit of calls is used up.
	MaxWait time.Duration `yaml:"max_wait"`
	// MaxConcurrent is how many calls are under way at once.
	MaxConcurrent int `yaml:"max_concurrent"`
	// CallsPerDay is how many calls of one API function TeamViewer allows the token in a day, for
	// warnings alone; 0 if not known.
	CallsPerDay int `yaml:"calls_per_day"`
}

// Cache bounds what is remembered, and for how long.
type Cache struct {
	// IDs is the number of correlation records held in memory.
	IDs int `yaml:"ids"`
	// UsersMaxAge is how old what is known of users may be and decide.
	UsersMaxAge time.Duration `yaml:"users_max_age"`
	// GroupsMaxAge is the same for user groups.
	GroupsMaxAge time.Duration `yaml:"groups_max_age"`
}

// Store says where what is remembered outlives the process.
type Store struct {
	// Path is the file of the correlation records; empty: they are in memory alone.
	Path string `yaml:"path"`
	// ForgetAfter is how long a user or group must be missing from every list of TeamViewer's until
	// its record is forgotten.
	ForgetAfter time.Duration `yaml:"forget_after"`
}

// Users says how SCIM users become TeamViewer users.
type Users struct {
	OnDelete OnDelete `yaml:"on_delete"`
	// Language is TeamViewer's language code for a user whose preferredLanguage is missing or
	// unknown to TeamViewer.
	Language string `yaml:"language"`
	// SSOCustomerID is the custom identifier for a user that brings none.
	SSOCustomerID Secret `yaml:"sso_customer_id"`
	// SSOCustomerIDFile is the file that SSOCustomerID was read from; empty if it was given
	// directly.
	SSOCustomerIDFile string `yaml:"sso_customer_id_file"`
	// AcceptPassword lets a create carry the caller's password to TeamViewer.
	AcceptPassword bool `yaml:"accept_password"`
	// Keep names attributes that TeamViewer lacks and the gateway remembers; a single "*" stands
	// for all.
	Keep []string `yaml:"keep"`
}

// OnDelete is what DELETE /Users/{id} does to the TeamViewer user.
type OnDelete string

const (
	// OnDeleteDeactivate switches the account off; it stays in the company.
	OnDeleteDeactivate OnDelete = "deactivate"
	// OnDeleteRemove takes the account out of the company; the account lives on.
	OnDeleteRemove OnDelete = "remove"
	// OnDeleteDelete deletes the account for good.
	OnDeleteDelete OnDelete = "delete"
)

// Protect names accounts that no caller can switch off.
type Protect struct {
	// TokenOwner protects the owner of TeamViewer's token from being deactivated, removed or
	// renamed.
	TokenOwner bool `yaml:"token_owner"`
}

// Log says what is logged, and how.
type Log struct {
	Level  LogLevel  `yaml:"level"`
	Format LogFormat `yaml:"format"`
}

// LogLevel is the least severe level that is written.
type LogLevel string

// The levels, from most to least talkative. Only [LogDebug] shows personal data.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// LogFormat is the shape of a log line.
type LogFormat string

const (
	// LogAuto is LogConsole on a terminal and LogJSON elsewhere.
	LogAuto LogFormat = "auto"
	// LogJSON writes one JSON object a line.
	LogJSON LogFormat = "json"
	// LogConsole writes lines for people.
	LogConsole LogFormat = "console"
)

// Limits bounds what one request may cost.
type Limits struct {
	// MaxBody is the largest request body.
	MaxBody Size `yaml:"max_body"`
	// RequestTimeout is the time a request has until it is answered.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// Page is the number of resources in a list when the caller names none.
	Page int `yaml:"page"`
	// MaxPage is the largest number of resources in a list.
	MaxPage int `yaml:"max_page"`
	// Connections is how many connections to the SCIM listener are open at once.
	Connections int `yaml:"connections"`
	// BulkOperations is the largest number of operations in a bulk request (RFC 7644 section
	// 3.7.4).
	BulkOperations int `yaml:"bulk_operations"`
}

// Default returns the settings that hold when nothing is set.
func Default() Config {
	return Config{
		Listen:      "127.0.0.1:8080",
		AdminListen: "127.0.0.1:9090",
		BasePath:    "/scim/v2",
		Auth:        Auth{Mode: AuthPassthrough},
		TeamViewer: TeamViewer{
			BaseURL:       "https://webapi.teamviewer.com",
			Timeout:       20 * time.Second,
			MaxWait:       15 * time.Second,
			MaxConcurrent: 8,
		},
		Cache: Cache{
			IDs:          250_000,
			UsersMaxAge:  time.Minute,
			GroupsMaxAge: 5 * time.Minute,
		},
		Store:   Store{ForgetAfter: 30 * 24 * time.Hour},
		Users:   Users{OnDelete: OnDeleteDeactivate, Language: "en"},
		Protect: Protect{TokenOwner: true},
		Log:     Log{Level: LogInfo, Format: LogAuto},
		Limits: Limits{
			MaxBody:        MiB,
			RequestTimeout: time.Minute,
			Page:           100,
			MaxPage:        1000,
			Connections:    512,
			BulkOperations: 1000,
		},
	}
}
