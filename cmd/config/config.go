package config

import "time"

// Config has all settings. Each field is a key of config.yaml under the name in its yaml tag;
// nested structs are its sections.
type Config struct {
	// Listen is the host:port on which SCIM is served.
	Listen string `yaml:"listen"`
	// AdminListen is the host:port of health, metrics and the status page. Only the status page
	// asks for a token.
	AdminListen string `yaml:"admin_listen"`
	// BasePath is the path before /Users and /Groups. It begins with a slash and does not end with
	// one.
	BasePath string `yaml:"base_path"`
	// PublicURL is scheme and host as the identity provider sees them, without a path; empty if not
	// known. It goes into Location and meta.location (RFC 7644 section 3.1).
	PublicURL string `yaml:"public_url"`
	// TrustedProxies are the addresses and networks (CIDR) of the proxies whose X-Forwarded-For,
	// X-Forwarded-Proto and X-Forwarded-Host are used; see [Config.TrustedNetworks].
	TrustedProxies []string `yaml:"trusted_proxies"`

	TLS        TLS        `yaml:"tls"`
	Auth       Auth       `yaml:"auth"`
	Admin      Admin      `yaml:"admin"`
	TeamViewer TeamViewer `yaml:"teamviewer"`
	Cache      Cache      `yaml:"cache"`
	Store      Store      `yaml:"store"`
	Users      Users      `yaml:"users"`
	Protect    Protect    `yaml:"protect"`
	Guard      Guard      `yaml:"guard"`
	// DryRun is whether nothing is changed in TeamViewer: what a client asks for is planned and
	// answered as if it were done.
	DryRun    bool      `yaml:"dry_run"`
	Alert     Alert     `yaml:"alert"`
	Changelog Changelog `yaml:"changelog"`
	Log       Log       `yaml:"log"`
	Limits    Limits    `yaml:"limits"`
}

// TLS are the settings of TLS on the SCIM listener: files or ACME; without either it is plain HTTP.
type TLS struct {
	// CertFile is the PEM file of the certificate and its intermediates.
	CertFile string `yaml:"cert_file"`
	// KeyFile is the PEM file of the private key of CertFile.
	KeyFile string `yaml:"key_file"`
	// ClientCAFile is the PEM file of the authorities of clients; empty: clients need no
	// certificate.
	ClientCAFile string `yaml:"client_ca_file"`
	ACME         ACME   `yaml:"acme"`
}

// Enabled reports whether the SCIM listener serves TLS.
func (t TLS) Enabled() bool { return t.CertFile != "" || t.ACME.Enabled() }

// ACME are the settings of certificates that are obtained by ACME (RFC 8555).
type ACME struct {
	// Domains are the DNS names, each of which gets a certificate.
	Domains []string `yaml:"domains"`
	// Email is the contact of the account; empty: none.
	Email string `yaml:"email"`
	// Cache is the directory of the account's key, and of the certificates and their keys.
	Cache string `yaml:"cache"`
	// DirectoryURL is the address of the ACME server's directory.
	DirectoryURL string `yaml:"directory_url"`
}

// Enabled reports whether certificates are obtained by ACME.
func (a ACME) Enabled() bool { return len(a.Domains) > 0 }

// Auth are the settings of the authentication of callers.
type Auth struct {
	Mode AuthMode `yaml:"mode"`
	// Tokens are the bearer tokens of [AuthToken]. In [AuthPassthrough] they are the TeamViewer
	// tokens that may be tried; without any, all may. Several tokens can be valid at once, to
	// rotate them.
	Tokens []Token `yaml:"tokens"`
}

// Admin are the settings of the status page on the admin listener.
type Admin struct {
	// Tokens are the tokens that persons sign in with. Without any, the page is shown without
	// sign-in on a loopback address, and not at all on others.
	Tokens []Token `yaml:"tokens"`
}

// AuthMode is the way in which callers authenticate.
type AuthMode string

const (
	// AuthPassthrough uses the caller's bearer token as a TeamViewer script token.
	AuthPassthrough AuthMode = "passthrough"
	// AuthToken checks callers by [Auth.Tokens]; TeamViewer's token stays in the gateway.
	AuthToken AuthMode = "token"
)

// TeamViewer are the settings of the calls of the TeamViewer Web API.
type TeamViewer struct {
	// BaseURL is scheme and host of the API, without /api/v1.
	BaseURL string `yaml:"base_url"`
	// Token is the script token of [AuthToken], from the value, the file or the environment.
	Token Secret `yaml:"token"`
	// TokenFile is the file that Token was read from; empty if it was given directly.
	TokenFile string `yaml:"token_file"`
	// Timeout is the time limit of one call. Loads of the whole company have another deadline.
	Timeout time.Duration `yaml:"timeout"`
	// MaxWait is how long a call may wait while other calls are under way or TeamViewer's limit of
	// calls is used up.
	MaxWait time.Duration `yaml:"max_wait"`
	// MaxConcurrent is the number of calls that may be under way at once.
	MaxConcurrent int `yaml:"max_concurrent"`
	// CallsPerDay is the number of calls of one API function that TeamViewer allows the token per
	// day, for warnings only; 0 if not known.
	CallsPerDay int `yaml:"calls_per_day"`
}

// Cache are the settings of the memory and of the snapshots.
type Cache struct {
	// IDs is the number of correlation records held in memory.
	IDs int `yaml:"ids"`
	// UsersMaxAge is the age up to which the snapshot of users is used for decisions.
	UsersMaxAge time.Duration `yaml:"users_max_age"`
	// GroupsMaxAge is the same for user groups.
	GroupsMaxAge time.Duration `yaml:"groups_max_age"`
}

// Store are the settings of the store, which outlives the process.
type Store struct {
	// Path is the file of the correlation records; empty: they are in memory only, or at URL.
	Path string `yaml:"path"`
	// URL is that of a PostgreSQL database with the correlation records, which several gateways use
	// at the same time; empty: none.
	URL Secret `yaml:"url"`
	// URLFile is the file that URL was read from; empty if it was given directly.
	URLFile string `yaml:"url_file"`
	// ForgetAfter is how long a user or group must be missing from every list of TeamViewer before
	// its record is deleted.
	ForgetAfter time.Duration `yaml:"forget_after"`
}

// Users are the settings of the mapping of users.
type Users struct {
	OnDelete OnDelete `yaml:"on_delete"`
	// Language is TeamViewer's language code for a user whose preferredLanguage is missing or
	// unknown to TeamViewer.
	Language string `yaml:"language"`
	// SSOCustomerID is the custom identifier of a new user whose request has none.
	SSOCustomerID Secret `yaml:"sso_customer_id"`
	// SSOCustomerIDFile is the file that SSOCustomerID was read from; empty if it was given
	// directly.
	SSOCustomerIDFile string `yaml:"sso_customer_id_file"`
	// AcceptPassword sends the password of a create request to TeamViewer.
	AcceptPassword bool `yaml:"accept_password"`
	// Keep names attributes that TeamViewer lacks and the gateway stores; a single "*" means all.
	Keep []string `yaml:"keep"`
}

// OnDelete is what DELETE /Users/{id} does to the TeamViewer user.
type OnDelete string

const (
	// OnDeleteDeactivate deactivates the account; it stays in the company.
	OnDeleteDeactivate OnDelete = "deactivate"
	// OnDeleteRemove removes the account from the company; it continues to exist.
	OnDeleteRemove OnDelete = "remove"
	// OnDeleteDelete deletes the account permanently.
	OnDeleteDelete OnDelete = "delete"
)

// Protect are the settings of protected accounts.
type Protect struct {
	// TokenOwner refuses to deactivate, remove or rename the owner of TeamViewer's token.
	TokenOwner bool `yaml:"token_owner"`
	// Emails are globs, of addresses and userNames: * is any text, ? any character. The users are
	// never deactivated, removed or renamed.
	Emails []string `yaml:"emails"`
	// Groups are names of user groups in TeamViewer. Their members are protected likewise, and the
	// groups are never deleted, renamed or deprived of members.
	Groups []string `yaml:"groups"`
}

// Log are the settings of the log.
type Log struct {
	Level  LogLevel  `yaml:"level"`
	Format LogFormat `yaml:"format"`
}

// LogLevel is the least severe level that is written.
type LogLevel string

// The levels, from most to least verbose. Only [LogDebug] shows personal data.
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
	// LogJSON writes one JSON object per line.
	LogJSON LogFormat = "json"
	// LogConsole writes human-readable lines.
	LogConsole LogFormat = "console"
)

// Limits are the limits of requests and connections.
type Limits struct {
	// MaxBody is the largest request body.
	MaxBody Size `yaml:"max_body"`
	// RequestTimeout is the time limit of a request.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// Page is the number of resources in a list when the request has no count.
	Page int `yaml:"page"`
	// MaxPage is the largest number of resources in a list.
	MaxPage int `yaml:"max_page"`
	// Connections is the number of connections to the SCIM listener that may be open at once.
	Connections int `yaml:"connections"`
	// BulkOperations is the largest number of operations in a bulk request (RFC 7644 section
	// 3.7.4).
	BulkOperations int `yaml:"bulk_operations"`
}

// Default returns the default settings.
func Default() Config {
	return Config{
		Listen:      "127.0.0.1:8080",
		AdminListen: "127.0.0.1:9090",
		BasePath:    "/scim/v2",
		TLS:         TLS{ACME: ACME{DirectoryURL: "https://acme-v02.api.letsencrypt.org/directory"}},
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
		Guard:   Guard{Enabled: true, MaxShare: 20, Window: 24 * time.Hour},

		Changelog: defaultChangelog(),
		Log:       Log{Level: LogInfo, Format: LogAuto},
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
