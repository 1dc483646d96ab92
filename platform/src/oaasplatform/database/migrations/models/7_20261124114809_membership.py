from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "memberships" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "master_url" VARCHAR(300) NOT NULL,
    "master_uid" VARCHAR(32),
    "node_id" BIGINT,
    "sealed_key" BYTEA,
    "key_hash" VARCHAR(64),
    "offered_hash" VARCHAR(64),
    "heard_at" TIMESTAMPTZ,
    "trouble" TEXT
);
COMMENT ON COLUMN "memberships"."state" IS 'JOINING: joining\nJOINED: joined\nLEAVING: leaving';
COMMENT ON TABLE "memberships" IS 'Which master the node has joined, or is joining. What is offered becomes valid when the master has agreed.';
        ALTER TABLE "nodes" ADD "uuid" UUID NOT NULL DEFAULT gen_random_uuid();"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "nodes" DROP COLUMN "uuid";
        DROP TABLE IF EXISTS "memberships";"""


MODELS_STATE = (
    "eJztXet34jYW/1d0+JKZc9icyWumm+7uOSRhWnYyZJaQdrtNDxVYgDdGorIdhtOd/30l2c"
    "Yv2bEIGGP0pR1kXVv5XT2u7vPPxowYyLKPW9aEUNOZzhqX4M8GhjPE/pF+2AQNOJ+Hj3iD"
    "A4eW6A2DbqIZDm2HwpHDnoyhZSPWZCB7RM25YxLM+7cwWJF8D57Q3AFvTMxIzGf0FiymiD"
    "0HFI0psqcAE2ARPEEUjE1s2MB0mmCIRtC1EUBf0cjlb7UBHzl7dsxHYJARG4KJJ2V8zMXm"
    "Hy4aOGSCnCmi7JO//tqgaE5s0yF0ybsIVH/7jf2LvZS9xuad+M/502BsIsuIYW8anEa0D5"
    "zlXLRdmZMOdj6KvvwPHA5GxHJnOOw/XzpTglcEJnZ46wRhRKGD+Bcc6nJeYNeyfMYF7PH+"
    "hLCLN8oIjYHG0LU4Rzm1N4CwrTEYdO/6g/t2fzBopLgdUER44jeNGJRsprCh2gKACR/CX/"
    "56enp29uH03dn77y7OP3y4+O7dd6yvGG/60Ydv3mBCtLxXCcw6P3S6fT4gwqajN1N5wzdB"
    "Ax3oUQlmhOiPKOJ4DaCT5sINe+KYMyTnQ5wywQ/DJz0O/pHkTsCLPPYEDSF/wgVWBoPYH2"
    "jcYWvpT4wc7Pudz+37fuvzF/65mW3/YQn8Wv02f3IqWpeJ1jfv38aZtXoJ+LnT/xHwn+A/"
    "d922gJfYzoSKL4b9+v9p8DFB1yEDTBYDaETmcNAaoMZ6xvY7k/0d67A9Qar5XhW+BxhFGO"
    "+PPuQ72/cRRXiE0lzvo68ZG26MKMFvhtsecjiPo+1/92PM7P7U6l3/2Oq9+dz699sYQ2/v"
    "uj8E3UNudq9v767EphvCLv6fQvx6Cqkc8aB/LcBuzODXgYXwxJmyn6fv3uWgH2DNeiUWSc"
    "CGU+9ZHN9nRG0+KgWIIyQ1RPmkEMonOSifpFGOjkxh+0iQ1QLtsjcQE89dZ2CPpmgG09j/"
    "8/6umyErJ+iSp7U5csD/gGXaKel5v5nAEclnQhLvxFnLX5BkAnGd9biQItRseAUbEKWErs"
    "GFJJ1mwmuY8BXO5haylRgQodHgvwJ8T5kj0ZoQYiGI5eiHRAnsh4xqW6AH+pRyQb+6u7uN"
    "gX7VSZ6xD5+v2kwAEhxgnUwnpi6JXpgCxdZAVU+VIn1ZZbUHc708rRVXGI6fpEqruLoxzp"
    "KPhCJzgj+hpWBLh40eyu+uvtK3F3vZnrHjWzDrgtZw0VG4WGlb05OR4cD+euTN++vW/XXr"
    "pt0QmA/h6GkBqTGIgc+fkFOSaFn1TT+anc6SLRDDiYCI/y185D4HrqFl8Tc1JCr51bNmnk"
    "Z+5PcqqJBn10I8QTYgYwBxqOgGzhQ6YEKAQwAED73bJnCxY1qsHQEL2g4gGIEptAGklG2m"
    "xvdgwSnY4yVrQsC0gYlFb/SMGIfS2vlSvyxR1SeU8n82QhY1DNYXOg3eBX2ds/OHX5BX3F"
    "spjAOoB6y/YIK/nBqCjiHPf4Cff2z32oCtPQeBv4Mj7/Q5Aq3uDfC+Azr3gK0A0H24vW2I"
    "PTcylBUwfLYWHxCCRuER8c5H3oyXmiViQ1Da+JOUm9n3ta1C2ypqp7PWtorD5HsRW4VLLR"
    "WFrt+9FurFlMq8oM48V2me0udOiS1ZUdkIB/01xIUhFtKGHOM2dmepG0oM7xVxeYBHtAQK"
    "oDda1/3OT+1L4FE/4pt26+YSBOKYOjMKsSKHEWnLhcXGRZGiIBcjK+/2/q4GQlwEe+9WoX"
    "hyh1QbOLR9KaMqW8/+ntFp4WwMTculMj1w5qqKktRmUZ2enH84/+7s/flqLa1a8pZQerlw"
    "dNj3BrYp9dLIXzUpYr14qrx4uGJnIMxSaUZn29PjVGvJBnvE001Z01Pa5N2oOm/IyJ0h7H"
    "yB1GlI1J2x5808lafh9xzMWdeCes97MkNc9cj1hMOl4+shgQXpBIHghccgGIQNpvAZ8d4m"
    "BaZhB6Q2YtOG7TDB79BTOK3wLOeTL2s6M/V8KxxV1XwJQq3l25CWb+5P/YLiRNC9Tta1jU"
    "kTQ2JITGRXJoZ0KYczoEgaifnS3UNA82anb21fHS3sZLnqdFu9X+Rny5XEOn/1S7/dqt7p"
    "8jC3CIxvc/IexU4YV3QuGuyS2Ns905Zp81iT1a59ZIMlci6BOWbNzpRxEIzYQSG2ex6DYr"
    "KDQJxrwrhlL3gUC1zApSTcZeufe8XZsq3QFn2SFDpJHOKOpmsZDuKU2m5QlWtVlr2oIvtv"
    "mzHTaAe7jmz/TfTI3X9DO/LUtAP/lELRhgm/ArYbkmdE2f7nAIzYv8DIc0M4BvyeYfKeyG"
    "DiOaAr7wQmezeBTbwXEMvgDgg291AwsfBFYKMgT0gaflju11/enn8NAzZ9Wd1zKvi14dqI"
    "JppMXxufaI4YkH9L+Cqs1PQvuyqkODpgf4fL2d0s4rXwt3+AI9sdjRBik+go5TQxhM5our"
    "rGYNMOd7B1hiZe99LAgm/GvTn0gVjNA1E7UBzKgagdKOrN9yIOFMlTr/i2m6Ssk26lZPNn"
    "CKVqEGiasp6OF5sPBw2RWyMwVEpcogdGoxTctxIgqoMlKrHlUG4rsbm0lrjMqLAj4xVrsa"
    "Vi5sbdcCVy1yzs0hiS1MHMW8LOP6cm37wlNo/7GbSsbCNShK42Pilnpx/er6Y0/5E3ie8/"
    "t25v07OWs4y6GHOvkkDCT8RbWQRmoCojTqA75tT7N5VzgLy5e7i6bYMvvfZ1577jR3+urg"
    "XiIW8Kgw577datBHXoOGg2dySeVflTOUlb3nQ+rf50DmKFBorO5Um6Wm7HW/GA9jJQTKE9"
    "VbNDx+nWtEZXDPGSjNExB4CYTrio+Bel0hLfuhLfvjn/qzOgcc0Or3775hL4+uFH/K+H9g"
    "NvYJ91+e/7fqvX73R/uOQ2DOowLj3i3kO3K5p84YD1eri+brdvOOHKwPGIP7Y6t7yJu7Xy"
    "39et7nX7VjSNOGiWaOWaspvB3UOfTTsmZBgD4jpJs9Ruwg78Yzg9BbIVbyFFbcTQjTkzWc"
    "S2ZZ7m+fJQSFUbRDchCa2tGtAKgQ0dDysgfbCkesqX2RCnrhE7NrZvGOYEqUU6hhS1FPQ3"
    "r3f5wyWOUjKuFcGrEkFVDOgcXLeSB8pGTOxSmtghRf0m9vvzAvP6/XnmtOaPktpEwuG3Bz"
    "P2HzhRSporo60D5mXE6kh5MOZeb9IzMkcDKaXWKsgCKkgTj9zZEGHJ9pKXbjRCpHf2V+a4"
    "VEE+Kx5Qo66A+mjuqhs5okR6Zymws/jZcFc63OJXzyRljS47Jd89RZI49cRmz5sOdywC/k"
    "mtkPf0omu4YsYIdVx/dfwu0w63QtO9FpPjlJrLVeZyIsRChc0JUs3nqvG5KvFkuaFkilFk"
    "xYvVpQO4MHHCIK4FNB27yY137L+EirS0Fho7wCYz5EXXMlIeUxsoqQuGiW3iK4o5b1N+px"
    "RikWtYIWLKHoizWaD+YgzX38GRd5Kn47eilpXi3w4ztr388U4XvDkK7LBHTXDkG2CP3m5o"
    "MBRZCNovjsbvNpgjbPAJsZ1INnuvQth0uUIdwXaIkUw6gu0w+a4j2Cq9BesItmw26Ag2Hc"
    "GWQl1HsOkItnpzRUew6Qi2/XN01RFsOoKtKN46gm2v5rCOYKvQrqEj2Oon8ekINh3BpiPY"
    "dARbJSUhHcG26+NBR7DpCLa66F10BFtDR7DpCDYdwZY/x3UEWymM0BFs+76z6wi2XaCuI9"
    "h0BFvpMoyOYHsBfB3BpiPYqux3qSPYDpPLOoLtMPgcxDQVlggDgjWlwfUsDsfbsjlsWRrk"
    "gWrcP4giaMsu99kaljSl1q+o61cwYQI1GhMqufXkb2JxSr2HVXkPm0JsWEr6y5BCr6o1tJ"
    "bEstaQCyJkej1VeT0ZCBqWidEaPE6Qaj5Xmc/JUOsUr68IYT1wVhRFijrpyMjItyUSrlpK"
    "9mS8u7uNsfeqk9wwHz5ftXtvTt7GhUOJAx2PQvGd44prqaJU5Wmp/rJl7+cS1FRVS9txJf"
    "IP5OXuuAoyFBQpAy2cWlHBPB6rT9hefo0F4qXt3eHMdNi8CQop+2FSx6DjiAwbIp+GwUsw"
    "O1NkUhBMRb8aM2uyAWQvgpYFpuZkimg6t0epX34530fpmRyKLEidykGncqhdSH+RVA46iL"
    "AEZzYL2uq2sQiRNkuuHzFB5nMkQT7b8SFCol0fXuH6QFwsizXMBj6k0Lir4V41ObvNzfq5"
    "crbXo6CcLbwECorZP3MJdzSFmI2wCcaEgjkicwuBxZSABRfYvwe//x74Hfz+O/BmHRhTMg"
    "MnXBhGcDQNk+GlxemNf+ERP+L+FIExE6kdIAgBxAYXsgFGCyaUCwF9BDEYIuAQy/DexZ+H"
    "SfuYvI6s8fesq7VkQ2FjtExkMwpngRDm6fzYxkaR8VopPWSLsrNHglJL7huS3PfJ96YmzN"
    "DXpsO+NtkYzu0pUfJljtK8SsKpGp8PUcTp8GwCuSKO16OgiCOSExQUccSLAWOLOxOiAtfV"
    "Melghi6FSDAkxpKr7SCweRgrlx2a4oGnzYPAgnSCeHNattnsq7WUsX8HW7aUwZkvY0V2xo"
    "2AQufaWDPXRrAQlRdBglDrj/bZanVLJrkHDX9e8JixyETlHs23dupisKDEYX2e0JydCWMH"
    "UX4sIDYPjIzrcUFCfUDs29qo1AGxR3LwJk+Iqu1PdyKIKneL8rsU3KW8qKyCG5X36u2Iwx"
    "t+t97u9Han5WEtD+/ZIqjIedMx0GzOxEk8Wn5CS9lxk+iRe9qYYd/BE1oWLcbk+U2JQjee"
    "M9UMLsGIzBCAE8YaSWGlIhSvOBiekGQTyvbd8LtvJgXgbg+BuNvGxUURt42Li2y3Df7sBT"
    "tLxQ7h9A5U11M4lYp+jfyvSUp96Vj3GNYmr+xFUS+TV1WO/iCnrezQj+S7zTnu/V6Fz3kD"
    "zS2yFLc+cZMLy4kcg9aXDuD5u22woKaDxI3Pnc8RL4pojb0bIEVsZoxMizXynxZZyFyzt/"
    "idCjpi65J62g9b7666pN6h8F0SEJgqqadaw22zlduqdIPbhuN9dGQpkLND1RNkNajVVnq4"
    "ukvZQlm7VkGEvNLVCu7bvZ861+1LYCP6bI7QI+73Oq1bvo5MaCXFvWLLoNAqUKgZYM6kiW"
    "azt5gVQZWhX3OXOSlWlOYkryjNiaQoTekZwasN85ZKsRGHjIhSmaUoTQ1xvigC80U2yheS"
    "EzO4j6ZhznZtjVOV79za+NvYxSIdMxi6puWw6/4x/+w/dnCebiWaakfp8Ks2+8uGnQ9nJF"
    "kJuUk6QiKdm0MlNwcTBY2hzKSeD/aKSqOtgDYbnEllgbHFBPQIeZWP1YakMFj/7ssXURbM"
    "i/N9xK2r+3a3fwng0PYPsN0L7RQ9m/I64zkVlkOS2uRS3ljJHl79zpWEIxevnefKQpOrNd"
    "u/tLs3Yrb7+aEyiuW1Wze/sBWBoLHkv8I+7CRc9RLrxKdkCyVj7SQL6vXan+9+8t81I89+"
    "jqoqrCfVZKA6Cehr9D8IjwkdqSVeiNLoK8TGZdm1isJtoBbcWtzYlwqS7I9yBmsc1ik6Da"
    "0UWsXMRCFJHTbtEnRqQ55NUrF0eZSmfjCfFYL5LAfmszTM0DB40TBZeZrs8zBGpA/EjR+I"
    "3HHGpZS7ACvs3AkqfdNKFVWGbNpMveSYCrgmyTSwSWCJ6wzIeDBjFyuqqiZL0WplmYKyzL"
    "8XS3bvHG1MSKJluzSgDl2u4eoUpdN5zqvj1pT2Z9MVqw6By0KHuNY6Duk0h6vN4cAfXTno"
    "KUWqs8y9Lu5SxpU0Sz4SiswJ/oSWKZtGggF+BEUv9rI9Y8e3YNYFreF2QOFiFdyQnowMB/"
    "bXo6CM2H2/17lmqO8mwOUzmg0RtafmvCEJcYk8beYFucxW/QoneTFHUzCDtuOHj2D2UpH9"
    "/7/ExDy9KaE8cyj/xZhwDERyF9ZAxmNEkQGGiEey2uAZWqYBFlOExWv8N/IXQbYZydPElP"
    "lpHQxT4X2uCXQwzOEERehgmMPku0TaTAXDcDeLtWMGVsSVdtH4513Hc0jyD7ZHzFu4C4V3"
    "7j3i23bL86CwEKyOA4V3rqqaiuJUVWZMlaxFAWpqxs84VQ0Nc6dFkD7NBvo0iTMXOZVvtR"
    "EinUZITcyL1uGDFjujpclr8nJ4xOl0Hq01E3gw/DISqORmDspKnVKDzeX9eYHN5f155ubC"
    "HyWsdd49VRnnJJ3G+mWsp4hrYNQvC1E6rYauzsUgfSN0KHE5yCkGZzvwRkjqsIbK8OCtSL"
    "qfLvtfQ6IHFe3NPA0oF86KVlEwEHZMZ+lXOBX6R164yRU1m2aQPtm8FhNlU4exhed9ncEn"
    "ZPP6TRADtpeZ0gIKm3qr1lhWWpTVGsvD0VxpjeVh8r2IxlJRR/Ma5UzFNtst62ZcKbIPD5"
    "2bDGTl0PLmY061rWUT8ZIW3+L/Od+Fi7QHsbcUopNc/PEJvddOc07tejPSWadSc3gH03Ur"
    "UYdkwcBRUrYEBDUAu4SJ7UekqCAcIanDLTyZdfysCMgXZzlZx89SaY4IlciQmbe3oHuNjB"
    "EbczPnyXO5SmKgiGmKToObA66N2M1VliQnx5AjIdbWnDWtOQ6iMzWNT0BRm8CUw6mC0kMT"
    "kwEgrX+yetbM05FSr5dZPBe6T7H06pdA+8kWZe8hsMhEXvOkAIVWcFZ4sje1gvOAFF1awX"
    "mYfC+i4NT5ybfp6afoTqn9KJXQnRK1lMxB/23hW7fJayOquj1EaWo4jbeidWNik/AqgBl7"
    "xcuu8fE3VBn3xpfW/f3Pd72bSzCHtr0g1HjE/btP7S5bPuQJ4eRlYzfe8J4fqprKI6TRle"
    "eaCqoOhYu3JEDWlOVcuvKpP37qISsru9060bHVVEalgmO/bVdDsQJMqqOIwpmtpYDWhDHP"
    "mc4GSVYW11iIOFFRzSJbR5Hoo7USWiuhb6eVuJ1qrcRh8l1rJXZ94dD+KzvyX9GluupYqq"
    "tilwJdqWsXOOtKXQeSVdgwoYVkNaPy9pcVSf02mM1PfAY+sZ7VaktEafSk3/ikP4jqOr32"
    "D537frvnl7fxtEeSijrxmjjVUFjr+jflSvKcnatM8c6A/ckjl49ZJYV07ju0R6qkpp1pjw"
    "gPrh0sIHak9pm8HOky8hLTpAdKhD3Okj5mR4Qk2UUu6hEqnZNeCW3PxXKNtLwxwhptJLvO"
    "yRt638a5sUZG3vBV+8WJLItjM5WONzYJlZPxRmKSAkPhK+28reA91ZE4X2/njSkX/Wn3Sp"
    "yis7cuMG3THN5id4TRtCExhftPmrlm8LDPS2bvbBg2bNQ+FIv2K+XSbFs1kzHl5QKzVUQR"
    "kirfkddVQl9cFIqjvMiJo7xIBavO5yoI+91riO5JUTtKnhkl5ZRI2BVJTfUcISlfBbcb3c"
    "LGlG07jT779n+cg1Z2"
)
