"""Reduces WSDL and schema documents to the subset that our operations reach, before zeep reads them. Pure.

The documents for a device with recordings define some 250 operations and a thousand types; we call two dozen
operations, all of them reads. The omitted rest costs neither memory nor start-up time, and an operation that changes a
device cannot even be written. Reached parts are unchanged, except for documentation.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from posixpath import basename

from lxml import etree

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"

_OPERATIONS = (f"{_WSDL}portType/{_WSDL}operation", f"{_WSDL}binding/{_WSDL}operation")
_LINKS = (f"{_XSD}import", f"{_XSD}include")
_FOR_PEOPLE = (f"{_WSDL}documentation", f"{_XSD}annotation")
_NAMING = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")
"""Attributes of schema nodes that name another component of a schema."""


def reduce(entries: Iterable[str], operations: frozenset[str], read: Callable[[str], bytes]) -> dict[str, bytes]:
    """Return the entry documents and what they include or import, each with only what the operations reach.

    Args:
        entries: File names of WSDL documents.
        operations: Names of operations; one of several services stays in each.
        read: Reads a document by its file name; all are in one folder, and links between them are relative.
    """
    roots = _documents(entries, read)
    named: set[str] = set()
    for root in roots.values():
        named |= _keep_operations(root, operations)
    _keep_components(roots.values(), named)
    return {name: etree.tostring(root) for name, root in roots.items()}


def _documents(entries: Iterable[str], read: Callable[[str], bytes]) -> dict[str, etree._Element]:
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True)
    roots: dict[str, etree._Element] = {}
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in roots:
            roots[name] = etree.fromstring(read(name), parser)
            locations = (link.get("schemaLocation", "") for link in roots[name].iter(*_LINKS))
            waiting += [basename(one) for one in locations if one and "://" not in one]
            etree.strip_elements(roots[name], *_FOR_PEOPLE)
    return roots


def _keep_operations(root: etree._Element, operations: frozenset[str]) -> set[str]:
    """Remove other operations and their messages; return the elements in the messages of ours."""
    ours, others = _partition((one for path in _OPERATIONS for one in root.iterfind(path)), operations)
    named = (side.get("message", "") for operation in ours for side in operation)
    messages, more = _partition(root.iterfind(f"{_WSDL}message"), {name.rpartition(":")[2] for name in named})
    _remove(others + more)
    parts = (part for message in messages for part in message)
    return {_qualified(part, part.get("element", "")) for part in parts}


def _partition(
    nodes: Iterable[etree._Element], names: frozenset[str] | set[str]
) -> tuple[list[etree._Element], list[etree._Element]]:
    """Return the nodes that bear one of the names, and the others."""
    parted: tuple[list[etree._Element], list[etree._Element]] = ([], [])
    for node in nodes:
        parted[node.get("name") not in names].append(node)
    return parted


def _keep_components(roots: Iterable[etree._Element], named: Iterable[str]) -> None:
    """Leave out the global elements, types and groups that are neither named, nor by one that is, and so on."""
    components = defaultdict(list)
    for schema in [one for root in roots for one in root.iter(f"{_XSD}schema")]:
        for component in schema.iterchildren(f"{_XSD}*"):
            if component.get("name"):
                components[f"{{{schema.get('targetNamespace')}}}{component.get('name')}"].append(component)
    waiting = list(named)
    while waiting:
        for component in components.pop(waiting.pop(), ()):
            waiting += _names_in(component)
    _remove(one for others in components.values() for one in others)


def _names_in(component: etree._Element) -> Iterator[str]:
    for node in component.iter(f"{_XSD}*"):
        for attribute in _NAMING:
            yield from (_qualified(node, one) for one in node.get(attribute, "").split())


def _qualified(node: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap.get(prefix or None)}}}{local}"


def _remove(nodes: Iterable[etree._Element]) -> None:
    for node in nodes:
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
