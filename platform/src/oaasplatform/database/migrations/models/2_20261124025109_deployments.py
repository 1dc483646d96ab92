from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "algorithms" ALTER COLUMN "reference" TYPE TEXT USING "reference"::TEXT;
        ALTER TABLE "executions" ADD "handle" TEXT;
        ALTER TABLE "instances" ADD "deployment" JSONB NOT NULL DEFAULT '{}';
        ALTER TABLE "instances" ALTER COLUMN "deployment" DROP DEFAULT;
        ALTER TABLE "instances" ADD "addresses" JSONB NOT NULL DEFAULT '{}';
        ALTER TABLE "instances" ALTER COLUMN "addresses" DROP DEFAULT;
        ALTER TABLE "algorithm_repositories" ADD "deployment" JSONB NOT NULL DEFAULT '{}';
        ALTER TABLE "algorithm_repositories" ALTER COLUMN "deployment" DROP DEFAULT;
        ALTER TABLE "algorithm_repositories" ADD "dialect" VARCHAR(50);
        ALTER TABLE "algorithm_repositories" ADD "resolved" JSONB NOT NULL DEFAULT '{}';
        ALTER TABLE "algorithm_repositories" ALTER COLUMN "resolved" DROP DEFAULT;
        UPDATE "algorithm_repositories" SET dialect = protocol, protocol = 'auto' WHERE digest IS NOT NULL;
        CREATE INDEX IF NOT EXISTS "executions_secret" ON "executions" ("secret") WHERE state IN ('starting', 'running');"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP INDEX IF EXISTS "executions_secret";
        ALTER TABLE "instances" DROP COLUMN "deployment";
        ALTER TABLE "instances" DROP COLUMN "addresses";
        ALTER TABLE "algorithms" ALTER COLUMN "reference" TYPE VARCHAR(200) USING "reference"::VARCHAR(200);
        ALTER TABLE "executions" DROP COLUMN "handle";
        ALTER TABLE "algorithm_repositories" DROP COLUMN "deployment";
        ALTER TABLE "algorithm_repositories" DROP COLUMN "dialect";
        ALTER TABLE "algorithm_repositories" DROP COLUMN "resolved";"""


MODELS_STATE = (
    "eJztXW1z07gW/iuafAFmugxNKXDZe+9M2ho2l5L0piksCztGsZXEU9vKynJDZi///UqKHb"
    "/Jrp3mxXH1BRpZjy0/Rzo6OtI5/rvlYBPZ3vOOPcHEolOn9Rb83XKhg9gf2YtHoAVns+gS"
    "L6BwZIvaMKwmiuHIowQalF0ZQ9tDrMhEnkGsGbWwy+t3XLCC/Apu0YyCp5bLINYdegbmU8"
    "SuA4LGBHlT4GJgY3eCCBhbrukBix6BETKg7yGAfiDD53f1AG85u/act8DEBmuC5U528TDf"
    "tf7ykU7xBNEpIuyRX7+2CJphz6KYLHgVweqff7K/2E3ZbTxeif+c3epjC9lmgnvL5BhRrt"
    "PFTJSdWZOuS9+JuvwFR7qBbd9xo/qzBZ1idwWwXMpLJ8hFBFLEn0CJz2Xh+rYdCC4Uz/IV"
    "oirLVsYwJhpD3+YS5ehlA6Kylq73+kP9Whvqeisj7RARk0lQZDAqWU9hTfUEARPehF/+0W"
    "6fnLxuvzh59eb05evXp29evGF1RXuzl17/XDYmYmt5K8FZ9323N+QNwqw7LnsqL/gpMJDC"
    "JUoII2LfIIjzpUOalcIFu0ItB8nlkESm5GEG0OfhH2nphLIoEk9YEMknGmC7EBB7QbPv2o"
    "ugYxRwP+x+1K6HnY9X/HGO5/1lC/46Q41faYvSRar06atnSWGtbgI+d4e/Af4T/NHvaYJe"
    "7NEJEU+M6g3/aPE2QZ9i3cVzHZqxPhyWhqyxmgl9Z7H3WEfsKaiSe13kHnIUE3zQ+kjuTO"
    "8jglwDZaU+RD9yFG4ClJI34+0AJVwkUe33YUKYvU+dwflvncHTj53fnyUEetnvvQ+rR9Ls"
    "nV/2z4TSjWgX/2cYP59CImc8rN8IslsO/KHbyJ3QKfvZfvGigP2Qa1YrNUhCMbSX15L83i"
    "Hi8VZVoDgGaSDLx6VYPi5g+TjLcrxlFdRHCtYItnetQCx35lPdM6bIgVnu/3Pd7+XYyilc"
    "era2DAr+B2zLy1jPhy0EzkixENJ8p+ZafoO0ELBP15NCBqjE8AAxIEIwWUMKaZwSwkOE8A"
    "M6Mxt5lQQQwyjyH0D+0pkj8ZpgbCPoytmPQCnuRwy1LdJDf8puST/r9y8TpJ9103Pszccz"
    "jRlAQgKskkUT7pL4gil0bOlV/VQZ6P0uqwPo67vzWnGH4fhW6rRKuhuTInmHCbIm7ge0EG"
    "LpstZD+do1cPoOEjc7MHH8DHtdWBoNOgLnK29rtjMyHtjbo2W/P+9cn3cutJbgfASN2zkk"
    "pp4gn1/BbZwqWdXNXnLaTroEunAiKOLvwlseSEALPc0tiU8+unhU5JOPvNXlfPJ9FwHiuw"
    "CPAYx5zLP+9KKKEl94yuv9dyviQKIRiMXvJjoeK+FY9GPGNL8nXiS4XTTnhq+os6f6okuH"
    "fbkloOyd+Q/w+TdtoAHW8SkC/wJPRG3zSUtotlh7rGBs6JWeHU0k9z+82wNPn7A/CWVsPj"
    "kCTxiTLv/z2YYaQ1gfht69rQmq6TPkmlyu6Yd7yCCIVnhuANgACV+j7aSgVywJ+NryPURS"
    "RXGSYsUxV/yfap9F7bMc1hx2oP52tc/yOOVeZp8lrdLLa900Ui0aKqpgmRCq7r9kkY3wWu"
    "9gJ0atl2vR9QliL+9xqyFlMVYRR84t1hJLMFk+bqnEDPqymigGWUsF1Y337Wug+Jo6yfK1"
    "A207t7/HcbvTPC+228FP2q9frbo0/1HUia8/di4vs72WiyxYseqhpZlyudkY5rAqA6fYHX"
    "P04XXlAiIv+jdnlxq4Gmjn3etusAGwMk/FxaTfeaB1LiWsQ0qRM6OSTZbirpzG7q47t+vf"
    "nYVPRq6CNdd3Mk7jBLMrcJ3twdY5609D7eItCFwH39z/3mg3vGDpCfzmsuXNYNjtvX8LQr"
    "/UN3dw0+uJomC8slo35+eadsGBnm8YCJkc+67TveRFY2jZ/Pd5p3euXYoig5Nmi1K+iLrQ"
    "+zdDNnDZuDd17NO0b7XcHFFqiiiYIdITxBxa/IV1xo1X7SRLFtmEOXnnh+Ew1UdojIlkFB"
    "a7RJLIDXhEDkgS9XaAZD1fwfyTFXG+5yNCNMb+ah+/fP3yzcmrl6tZa1VSNHVlZy0be57s"
    "tEWxIRChGsPoJkyAtdfEaiW8oZXwisiALOmR0vvFkEQ3SBwb0xvRPmVZj0OEaIJxkzQmX7"
    "0sYUy+eplrTPJLSX6n0DXtStEUEaIJ/O7aeJxh215jMy0GU2Zjnc1GE0HTtly0hoxTUCXn"
    "Oss5fSAna4YVnWWVoHd4qHVVcrCnWj2+tyONAiyyfuOo3a0nftmyT3HHlu+MYD6OPN1h/8"
    "BJJdNBhlVGxBpGRMjjmJ8Rla49CrY0pGi1p1FiT8NyDd8ZIVcytReFsMVADwobORyytxc3"
    "VYX5FUCxvj7rxsyvvmsaBynNUkKzBBGWowWVOUmLjJo0skFOpB1bNuiOKenKLtU4andG5X"
    "GjmF/u6q6xZE4A1YK5zgtmsU+/lpCTSCXlOkt5bLmWN11LzCmoknPd5JyJZ91zsKXGZ95W"
    "UcTlssZRqbBLXUzkJYMvP08hBcYUuqyFR2CMCZghPLMRmE8xmENqTH8F37+HpsH378DAPr"
    "s5GBPsgGNguQBBYxplKMxGbW7lCdLUhxEDSyNmZdCoBIg1MpbyA/PS8qtguqaQKl7hUawd"
    "Gke+Ck3NF8hhhiiWCU31XDjzpriSLzaOURl8KnoF62b/dXluuEL7b1mjpP0nUs2VtP/EjQ"
    "ETi+8wDQ4gTzwNDNaKrCFXXPX+BBy5Vlfd5n1lirVG2JSEbZ1ZLiQLuShCRHr3P/TmNkcN"
    "nQWaZaWGmBY66/Y6gy/yndAziSY6+zLUOjXURJd4UqiH+PWSWsjGkyprUKY0RHKfOcGU1R"
    "HZ8uGYIsK1DGKdwMxZWpYEKv2k9JPST4eun/pij7BQRQVVSmqp5aZj2UxlonI5a+meukod"
    "KXWk1NGBqqOuiZwZszZcY/EBLWTaKFWjUBlZUV39Fi3KfskIeP7IsUR6PGYDMUPIgQtgYA"
    "cBOGFykXyOqAziAXrpFknGQH50S1B9M+Hb+9VByTDp09MycdKnp/mB0vzaobvKmzoJZDL7"
    "6FPoTasp/zRSTQJVJgHlMC83KJrlMK/L1B/mI5FN+rFcJQXTfVCr9DxvopmNF2IRwTMfgy"
    "g723PQueqyNYVte2BOLIqEM8SfzRABU2iPj5bOEcR6hmHZrJD/tPEcEZl1sLXnPMCmUBvy"
    "KlOu0q7b164qU26z5S45CpfJlLvfT+PVaQW3jWSIh/bJtlZr96uE7YQY+oQNlLXzzMXgtc"
    "40d60NPnXPtbfAQ+TOMtA3dzjodi75OLKgnTb3yg2DUqOgQr43y5GG2earmBWgztSvqWWO"
    "X5T9MmThpyGzisaaIK9SnpkI0UCat5TZFlNsLPMalGU5jmkgz6dlaD7NZ/lUMmOG69Eszf"
    "kH45Ko3R+Na/1z7LsiGB2MfMumbLn/nD/233uYT7cSRvuXj2mlrz2uAOqc4gNo580xJCOh"
    "MDtLBFJJWSokZWGNswjKyQ5/v8kYg9dZ0bckaYaH/asrkWSY4tmMJw/unF1rveFbAEdeoF"
    "L3b0YSdGfJPzJe8AmFCNKY2ObNpSakkPqSaP3ymbh9WcR+vXr7lda7EL09SFWVk3pb61x8"
    "YSMCQXPBf0V1mG5e1RLjJECygZIzdtLpuQfax/6n4F4OvgvSZdVhPFVNv63Sbj/EI4HcMS"
    "aGbH4pyAATwyijduPW1VrJbzeQ83YtaRxKpmz2UlRfY7LO4BS1Umorfr8ogjRBae/AyzPi"
    "iS19UsnLE8c0j+aTUjSfFNB8kqUZmiZP4idLF5U/HyZAakLc+ITIj3L4hPBDqRU0dwqlVl"
    "ppvY19quOx7jD7n8hOjBc5czJY5dOp4NMJlm8SJVPgNIggygTJEkrJYo0zInGcSo1Un/Mg"
    "2YNAKtHZY5CycHWtNY4jnJJwvSWsvgS9p9O1mVPrMqlkRfIOE2RN3A9okXG9pwQQHD0fJG"
    "52YOL4Gfa6sDRSBwTOV6fCs52R8cDeHoW5iK+Hg+45Y30/kQE99l9LEhUgyo+KIgJcVlQ2"
    "XYuJXGrRBT+hzw/ZcyhPn+eLzHkOJLceQHeIsE7CGOcRxw68RR7PogddwJbxlivL7LKpu6"
    "qT/jXWRUdAnfR/PCe+1Un/xyn3Mif9/Yo7Bw/YNaiZsk16s9tlnNntfF92O+3K3m8Ixb4H"
    "jAqiaGwQBZ4zcqr07BWgAWTvoGMH21lVGI5BmrfR2D49KZVE46QgicZJ5tQ+JlW+gh5Wb9"
    "B3aDbm/Oex4HzZrFfkNINT5OY4ivbjxBigicVeTZrTaHXtqMiZQZa1rPL5DQLEYpmTCHq3"
    "nvhKAAQ2nsjzGJVAKE+E8kSoFWktVqTKE/E45V7GE6FyDmzzZF3Fs4sPObZYuzGzfXanuF"
    "qYdVh/W/w2rfN6iFRVD3FMA7vxVlwPzGwS238wR1fcHwCWvEOdeW9dda6vP/cHF2/BDHre"
    "HBPzmzvsf9B6bPjgW+SmFxv7CcjyELRl4UFFOSUjjMomeQS2klJYcnbDkn7kOEC/+zBAdl"
    "580DoHN2rm98g7t/Fzux6KFWFSH0WcznwvBbQnTHh06uhpUZb3WCCm9oDIUJPvo0jVUV4J"
    "5ZVQq9NarE6VV+Jxyl15Jfa94FCb+HvaxFfp95qYfq9miwKVfU9l31PZ90KWinX4GnHZpg"
    "VtJMsDV6RfVpDmKZjNd3xGPrbvqmXniWNUp994p38U+ckG2vvu9VAbBAnClt4jSU6yZFax"
    "ejisVQax3VrypuUZmAdk6XPoUulWQVEmCRl8h8kkwvXsAeeSGDNtJfvoVxHrMZTK3FGJ7e"
    "VpvzWClxPABh013XfkcnQQNCmNNeKWo1sdliTKBy0nOmHlkOVYjEC4Z/XALcdOeJ/6GD8P"
    "33JM+LniX1hbn6d4720KTdvcme0wc9WYtiS7ssGVo8Id2ajOfTuw+TRseH/1sWyuPjAsJH"
    "/blNmY8tyf+d6KGKTOy7V1/aGb+zhwbGJgg6oCw0H1BrJ7XNalX+TRz5yPw2yJVM0LGoOo"
    "b15U9PvsNRDq5/8BGHhylg=="
)
