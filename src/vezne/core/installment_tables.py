"""The instalment tables a merchant starts with: one per programme and issuer.

The order is that of the bank list in the iyzico documentation, instalment query. Where it publishes
prices, the surcharges reproduce them to the cent (İş Bankası and Akbank up to nine instalments,
Halk Bankası all); the others are of the same size and made up.
"""

from typing import Final

from vezne.core.bin_table import AKBANK, DENIZBANK, FINANSBANK, HALK, HSBC, IS, TEB, VAKIF
from vezne.core.merchant import InstallmentTable

INSTALLMENT_TABLES: Final[tuple[InstallmentTable, ...]] = (
    InstallmentTable(
        family="Maximum",
        issuer_code=IS.code,
        surcharges_e8={2: 1_360_000, 3: 1_860_000, 6: 4_580_000, 9: 9_670_000, 12: 13_040_000},
    ),
    InstallmentTable(
        family="World",
        issuer_code=VAKIF.code,
        surcharges_e8={2: 1_950_000, 3: 3_150_000, 6: 6_400_000, 9: 10_200_000, 12: 14_100_000},
    ),
    InstallmentTable(
        family="CardFinans",
        issuer_code=FINANSBANK.code,
        surcharges_e8={2: 2_050_000, 3: 3_250_000, 6: 6_600_000, 9: 10_500_000, 12: 14_400_000},
    ),
    InstallmentTable(
        family="Paraf",
        issuer_code=HALK.code,
        surcharges_e8={2: 3_220_000, 3: 5_250_000, 6: 12_220_000, 9: 20_190_000, 12: 29_200_000},
    ),
    # Six instalments of 100.00 are published as 17.81 and 106.89: the sixth of a total that was
    # rounded up. So the surcharge is at least 6.885 % and less than 6.89 %.
    InstallmentTable(
        family="Axess",
        issuer_code=AKBANK.code,
        surcharges_e8={2: 2_170_000, 3: 3_390_000, 6: 6_887_000, 9: 10_920_000, 12: 14_800_000},
    ),
    InstallmentTable(
        family="Bonus",
        issuer_code=TEB.code,
        surcharges_e8={2: 2_100_000, 3: 3_300_000, 6: 6_700_000, 9: 10_600_000, 12: 14_500_000},
    ),
    InstallmentTable(
        family="Bonus",
        issuer_code=DENIZBANK.code,
        surcharges_e8={2: 2_000_000, 3: 3_200_000, 6: 6_500_000, 9: 10_400_000, 12: 14_300_000},
    ),
    InstallmentTable(
        family="Advantage",
        issuer_code=HSBC.code,
        surcharges_e8={2: 2_200_000, 3: 3_400_000, 6: 6_800_000, 9: 10_700_000, 12: 14_600_000},
    ),
)
