"""The iyzico door: `POST /cardstorage/card`, `POST /payment/auth` and their relatives."""
