"""The issuer's pages for 3-D Secure: the access control server, ACS."""
