"""Which addresses of the internet may be asked for a picture: public ones only."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):  # noqa: N818 - a signal within the fetching, told on as a reason
    """An address that is not asked; the reason is for people."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet.

    Loopback, private, link-local, shared, reserved, multicast and unspecified addresses are not
    (RFC 6890), nor IPv6 addresses that lead to such an IPv4 address: mapped (RFC 4291), 6to4
    (RFC 3056), Teredo (RFC 4380), NAT64 (RFC 6052).

    Examples:
        >>> [is_public(ipaddress.ip_address(text)) for text in ("1.1.1.1", "::ffff:127.0.0.1")]
        [True, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        found = [one for one in inner if one is not None]
        if found:
            return all(is_public(one) for one in found)
        if address.is_site_local or address.scope_id is not None:
            return False
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    near = address.is_loopback or address.is_link_local or address.is_private
    return address.is_global and not odd and not near


def resolve(host: str, port: int) -> list[str]:
    """Look a host up, by the system's resolver.

    Returns:
        Its addresses, the preferred one first, each once.

    Raises:
        OSError: There is no such host.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@attrs.frozen
class AddressGate:
    """Looks hosts up, and lets pass what is allowed.

    Args:
        resolve: Addresses of a host and port.
        allow: Whether an address may be asked.
    """

    resolve: Callable[[str, int], Sequence[str]] = resolve
    allow: Callable[[Address], bool] = is_public

    def addresses(self, host: str, port: int) -> list[Address]:
        """Addresses of a host that may be asked.

        If one of them may not, none is: a host that is half inside is not a shop.

        Raises:
            Refused: The host is not known, or not public.
        """
        try:
            texts = list(self.resolve(host, port))
            found = [ipaddress.ip_address(text) for text in texts]
        except (OSError, ValueError, UnicodeError):
            raise Refused(f"the host {host} is not known") from None
        if not found:
            raise Refused(f"the host {host} is not known")
        if not all(self.allow(address) for address in found):
            raise Refused(f"the host {host} is not on the public internet")
        return found
