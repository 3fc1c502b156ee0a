"""How bodies are read that are not JSON: forms and XML, for callers who cannot be trusted."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.body import BodyKind, MalformedBody
from vezne.vault.bodies import (
    FORM_FIELDS_MAX,
    NESTING_MAX,
    XML_ELEMENTS_MAX,
    read_body,
)

FORM, XML = BodyKind.FORM, BodyKind.XML
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("kind", list(BodyKind))
@pytest.mark.parametrize("raw", [b"", b" \r\n\t"])
def test_no_body_is_none_of_any_kind(kind, raw):
    """A request without a body is one, whatever its Content-Type says."""
    assert read_body(raw, kind) is None


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"a=1", {"a": "1"}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"&a=1&&b=2&\r\n", {"a": "1", "b": "2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"=1", {"": "1"}),
        (b"a+b=%C5%9F+x%2B", {"a b": "ş x+"}),
        ("ad=Ayşe".encode(), {"ad": "Ayşe"}),
        (b"\xef\xbb\xbfa=1", {"a": "1"}),
        (b"a=%zz%4", {"a": "%zz%4"}),
        (b"a[0]=1&a[1]=2", {"a[0]": "1", "a[1]": "2"}),
    ],
)
def test_a_form_is_an_object_of_texts(raw, fields):
    """Urlencoded as in the URL Standard: UTF-8, a plus sign for a blank, empty pieces left out."""
    assert read_body(raw, FORM) == fields


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"a=1&a=2", "twice"),
        (b"a=1&%61=1", "twice"),
        (b"a=%ff", "UTF-8"),
        (b"%ff=a", "UTF-8"),
        (b"a=\xff", "UTF-8"),
        (b"a", "no form"),
        (b"a=1&b", "no form"),
        (b'{"number":"5528790000000008"}', "no form"),
        (b' {"number":"5528790000000008=="}', "no form"),
        (b"[=", "no form"),
        (b'<a b="5528790000000008"/>', "no form"),
        (b"&".join(b"f%d=1" % number for number in range(FORM_FIELDS_MAX + 1)), "too many"),
    ],
)
def test_what_is_no_form(raw, why):
    """Two values for one name, broken text, another kind of body, and too much."""
    with pytest.raises(MalformedBody, match=why) as malformed:
        read_body(raw, FORM)
    assert malformed.value.__context__ is None
    assert "5528" not in str(malformed.value)


def test_a_form_may_have_two_hundred_fields():
    """The limit itself is allowed."""
    raw = b"&".join(b"f%d=1" % number for number in range(FORM_FIELDS_MAX))
    assert len(read_body(raw, FORM)) == FORM_FIELDS_MAX


@given(fields=st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=20))
def test_every_form_comes_back(fields):
    """Whatever names and values are, a form that a client wrote is read as it was meant."""
    assert read_body(urlencode(fields).encode(), FORM) == fields


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("<r/>", {}),
        ("<r>text</r>", {}),
        ("<r><a>1</a><b/><c></c></r>", {"a": "1", "b": "", "c": ""}),
        ("<r>\n <a>\n  1 2 \n </a>\n</r>\n", {"a": "1 2"}),
        ("<r><a><b>1</b><c>2</c></a></r>", {"a": {"b": "1", "c": "2"}}),
        ("<r><a>1</a><b>2</b><a>3</a></r>", {"a": ["1", "3"], "b": "2"}),
        ("<r><a><i>1</i><i>2</i></a></r>", {"a": {"i": ["1", "2"]}}),
        ('<x:r xmlns:x="urn:x" y="9"><x:a z="8">1</x:a></x:r>', {"a": "1"}),
        ("<r><a>x<b>1</b>y</a></r>", {"a": {"b": "1"}}),
        ("<r><a>&lt;&#x15F;&amp;</a></r>", {"a": "<ş&"}),
        ("<r><a><![CDATA[<b>&]]></a><!-- c --><?p i?></r>", {"a": "<b>&"}),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<r><ad>Ayşe</ad></r>', {"ad": "Ayşe"}),
        ('<?xml version="1.0" encoding="ISO-8859-9"?><r><ad>Ayşe</ad></r>', {"ad": "Ayşe"}),
        ('\ufeff\n<?xml version="1.0"?><r><a>1</a></r>', {"a": "1"}),
    ],
)
def test_an_xml_document_is_the_children_of_its_root(raw, fields):
    """Texts are stripped, namespaces dropped, repeated elements lists."""
    assert read_body(raw.encode(), XML) == fields


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"<r>", "no valid XML"),
        (b"<r><a></r>", "no valid XML"),
        (b"<r/><r/>", "no valid XML"),
        (b"a=1", "no valid XML"),
        (b"{}", "no valid XML"),
        (b"<r>&copy;</r>", "no valid XML"),
        (b"<r>\x00</r>", "no valid XML"),
        (b"<r>\xff</r>", "UTF-8"),
        ("<r>ş</r>".encode("utf-16"), "UTF-8"),
        (b"<!DOCTYPE r><r/>", "document type"),
        (b'<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>', "document type"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "document type"),
        (b"<a>" * (NESTING_MAX + 1) + b"</a>" * (NESTING_MAX + 1), "deeply"),
        (b"<r>" + b"<a/>" * XML_ELEMENTS_MAX + b"</r>", "too many"),
        (b"<a>" * 200_000, "deeply"),
    ],
)
def test_what_is_no_xml_document(raw, why):
    """Broken, with a DTD (so that no entity is ever declared), too deep or too large."""
    with pytest.raises(MalformedBody, match=why) as malformed:
        read_body(raw, XML)
    assert malformed.value.__context__ is None


def test_an_xml_document_within_the_limits():
    """Nesting and size up to the limits are allowed."""
    deep = read_body(b"<a>" * NESTING_MAX + b"</a>" * NESTING_MAX, XML)
    for _ in range(NESTING_MAX - 2):
        deep = deep["a"]
    assert deep == {"a": ""}
    wide = read_body(b"<r>" + b"<a/>" * (XML_ELEMENTS_MAX - 1) + b"</r>", XML)
    assert wide == {"a": [""] * (XML_ELEMENTS_MAX - 1)}


@given(raw=st.binary(max_size=200), kind=st.sampled_from([FORM, XML]))
def test_any_bytes_are_read_or_refused(raw, kind):
    """No input is anybody's fault but its sender's."""
    try:
        payload = read_body(raw, kind)
    except MalformedBody:
        return
    assert payload is None or isinstance(payload, dict)
