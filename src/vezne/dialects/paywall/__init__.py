"""The PayWall door: CardWall's stored cards and blocklist, and the payments of its payment API."""
