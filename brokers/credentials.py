"""Finds passwords where the field keeps them: `.netrc` for LVAlert, hop's auth.toml for igwn-alert; and whom to trust."""

import getpass
import os
import ssl
from typing import Any

from safe_netrc import NetrcParseError, netrc

from gracetape.brokers.urls import BrokerUrl
from gracetape.errors import BadUrl


def xmpp_login(url: BrokerUrl) -> tuple[str, str]:
    """(user, password) of an LVAlert account from `$NETRC`, else `~/.netrc`: `machine HOST login USER password WORD`.

    A user named in the URL must be the one of the file. Raises BadUrl.
    """
    path = os.environ.get("NETRC")
    try:
        found = netrc(path).authenticators(url.host)
    except FileNotFoundError:
        found = None
    except (OSError, NetrcParseError) as error:
        raise BadUrl(f"cannot read {path or '~/.netrc'}: {error}") from None
    where = path or "~/.netrc"
    user = url.user or (found[0] if found else None) or getpass.getuser()
    if found is None:
        raise BadUrl(f"no password for {url.host}: add 'machine {url.host} login {user} password ...' to {where}")
    if found[0] != user:
        raise BadUrl(
            f"{where} has {url.host}'s password for {found[0]}, not for {user}: name that user or add the other"
        )
    return user, str(found[2])


def trusted(url: BrokerUrl) -> ssl.SSLContext:
    """Which certificates an LVAlert server may show: those of the authorities in the PEM file that `ca=FILE` names, else
    those that OpenSSL knows (`$SSL_CERT_FILE` and `$SSL_CERT_DIR`, else the system's). Raises BadUrl.
    """
    file = url.options.get("ca")
    if file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        raise BadUrl(f"{file} holds no certificate in PEM form") from None
    except OSError as error:
        raise BadUrl(f"cannot read the certificates in {file}: {error.strerror}") from None


def kafka_login(url: BrokerUrl) -> dict[str, Any]:
    """librdkafka's settings for a broker's credential from hop's own configuration (`hop auth add`).

    On loopback a broker without a credential of its own is spoken to openly. Raises BadUrl.
    """
    from hop.auth import AmbiguousCredentialError, load_auth, select_matching_auth

    try:
        known = load_auth()
        if url.loopback:
            known = [auth for auth in known if auth.hostname]
        return dict(select_matching_auth(known, url.address, url.user)()) if known or not url.loopback else {}
    except FileNotFoundError:
        reason = "hop has no credentials"
    except (RuntimeError, KeyError, AmbiguousCredentialError) as error:
        reason = " ".join(str(error).split())
        if "No matching" not in reason:
            raise BadUrl(f"no credential for {url.address}: {reason}") from None
    if url.loopback and url.user is None:
        return {}
    raise BadUrl(f"no credential for {url.address}: {reason}; add one with 'hop auth add'")
