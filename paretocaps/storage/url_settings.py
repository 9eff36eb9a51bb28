"""The settings that a storage URL may have after its question mark, by the kind of database."""

from sqlalchemy.engine import URL

_SQLITE = "cached_statements", "check_same_thread", "detect_types", "isolation_level", "timeout", "uri"
_LIBPQ = (
    *("application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname"),
    *("fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives"),
    *("keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts"),
    *("max_protocol_version", "min_protocol_version", "oauth_client_id", "oauth_client_secret"),
    *("oauth_issuer", "oauth_scope", "options", "passfile", "password", "port", "replication"),
    *("require_auth", "requirepeer", "requiressl", "scram_client_key", "scram_server_key", "service"),
    *("servicefile", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcertmode"),
    *("sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslkeylogfile", "sslmode", "sslnegotiation"),
    *("sslpassword", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user"),
)
"""PostgreSQL 18, "Parameter Key Words" of libpq; an older library refuses those that it lacks."""
_LIBPQ_DRIVERS = ("psycopg", "psycopg2")


def known_settings(url: URL) -> tuple[str, ...] | None:
    """Return the names of the settings that `url` may have, or None if its driver decides."""
    if url.get_backend_name() == "sqlite":
        return _SQLITE
    return _LIBPQ if url.drivername.partition("+")[2] in ("", *_LIBPQ_DRIVERS) else None
