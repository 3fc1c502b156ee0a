"""What whoever guesses passwords tries first, however it is filled up: a table, and nothing else.

Lower case. The longer ones stand before those that they hold.
"""

from typing import Final

COMMON_WORDS: Final = tuple(
    sorted(
        (
            *("password", "passw0rd", "p@ssw0rd", "p@ssword", "parola", "sifre", "şifre"),
            *("vezne", "sandbox", "merchant", "payment", "odeme", "ödeme", "market"),
            *("admin", "administrator", "welcome", "hosgeldin", "hoşgeldin", "letmein", "login"),
            *("qwerty", "qwertz", "asdfgh", "zxcvbn", "1q2w3e4r", "1qaz2wsx", "qazwsx", "q1w2e3r4"),
            *("iloveyou", "seniseviyorum", "changeme", "trustno1", "whatever", "default", "master"),
            *("monkey", "dragon", "shadow", "sunshine", "princess", "football", "baseball"),
            *("superman", "batman", "starwars", "pokemon", "michael", "jordan", "charlie"),
            *("summer", "winter", "spring", "autumn", "monday", "friday"),
            *("istanbul", "ankara", "izmir", "turkiye", "türkiye", "turkey", "ataturk", "atatürk"),
            *("galatasaray", "fenerbahce", "fenerbahçe", "besiktas", "beşiktaş", "trabzonspor"),
            *("google", "facebook", "instagram", "computer", "internet", "bilgisayar"),
        ),
        key=len,
        reverse=True,
    )
)
