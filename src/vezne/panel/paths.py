"""Where the panel is. For those who need to know no more of it."""

from typing import Final

PANEL_PATH: Final = "/panel"
SIGN_IN_PATH: Final = f"{PANEL_PATH}/sign-in"
