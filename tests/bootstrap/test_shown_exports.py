from vezne.cli.cards import _show
from vezne.commands.cards import ExportRow


def test_what_is_agreed_to_cannot_be_forged(capsys):
    """Whatever stands in an export, its every field is on its own line, in full."""
    forged = "x\r\x1b[5Amerchant   1 Other\u202e\nto"
    row = ExportRow(
        name="5f2c9a01b7de",
        digest="5f",
        merchant=f"7 Kitapçı {forged}",
        recipient=f"age1 {forged}",
        folder=f"/mnt/{forged}",
        requester=forged,
        requested="22.11.2026",
        expires="23.11.2026",
        approvers=[forged],
        state="asked for",
    )
    _show(row, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert all(line.isprintable() for line in lines)
    assert lines[2] == r"merchant   7 Kitapçı x\r\x1b[5Amerchant   1 Other\u202e\nto"
