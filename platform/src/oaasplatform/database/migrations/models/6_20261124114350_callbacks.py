from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "callbacks" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "url" VARCHAR(2000) NOT NULL,
    "host" VARCHAR(2000) NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "delivered" BIGINT NOT NULL,
    "due_at" TIMESTAMPTZ,
    "failures" INT NOT NULL,
    "failing_since" TIMESTAMPTZ,
    "last_error" TEXT
);
CREATE INDEX IF NOT EXISTS "callbacks_due" ON "callbacks" ("due_at") WHERE state = 'active' AND due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS "callbacks_dead" ON "callbacks" ("execution_id") WHERE state = 'dead';
COMMENT ON COLUMN "callbacks"."state" IS 'ACTIVE: active\nDEAD: dead';
COMMENT ON TABLE "callbacks" IS 'Changes of an execution that go to a URL, until the last one has arrived; what they are is in the events.';
        ALTER TABLE "execution_history" ADD "callback_url" VARCHAR(2000);
        ALTER TABLE "executions" ADD "callback_url" VARCHAR(2000);
        ALTER TABLE "nodes" ADD "callback_secret" BYTEA;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "nodes" DROP COLUMN "callback_secret";
        ALTER TABLE "executions" DROP COLUMN "callback_url";
        ALTER TABLE "execution_history" DROP COLUMN "callback_url";
        DROP TABLE IF EXISTS "callbacks";"""


MODELS_STATE = (
    "eJztXelz2zYW/1cw+uJkRpuJ7TjpuseMbDOtNo6UleWe6bAwCUkcU4AKglY03fzvC/AQL5"
    "AmqcMUjS9tBOKR8O8BDw/vwj+dOTGR7bzq2VNCLTabd87BPx0M54j/I/uwCzpwsYgeiQYG"
    "72yvNwy7ec3wzmEUGow/mUDbQbzJRI5BrQWzCBb9exisSb4F92jBwAsLcxLrAb0Eyxnizw"
    "FFE4qcGcAE2ARPEQUTC5sOsFgX3CEDug4C6AsyXPFWB4iR82evxAhMYvAhWHi6j4+52Prb"
    "RTojU8RmiPJP/vFHh6IFcSxG6Ep08VD980/+L/5S/hpHdBI/F/f6xEK2mcDeMgWN166z1c"
    "Jru7Cmfczee33FH3inG8R25zjqv1ixGcFrAgsz0TpFGFHIkPgCo67gBXZtO2BcyB7/T4i6"
    "+KOM0ZhoAl1bcFRQ+wOI2jq6PhiO9RttrOudDLdDihhPgiaDQ8lnCh+q4wEwFUP4179PTk"
    "5P3528Pn37zdmbd+/Ovnn9De/rjTf76N1XfzARWv6rPMz6P/YHYzEgwqejP1NFw1ePBjLo"
    "U3nMiNA3KBJ46ZBluXDFnzBrjuR8SFKm+GEGpK/Cf6S5E/KiiD1hQ8SfaIHtg0H8DzSH2F"
    "4FE6MA+3H/o3Yz7n38JD43d5y/bQ+/3lgTT0681lWq9cXbl0lmrV8CfumPfwLiJ/h9ONA8"
    "eInDptT7YtRv/HtHjAm6jOiYLHVoxuZw2Bqixnsm5J3F/446bE+RKr43he8hRjHGB6OP+M"
    "7lPqIIGyjL9TH6kiNwE0QpfnPcDpDDRRzVfh0nmDn4uTe6/Kk3evGx9+vLBEOvh4Mfw+4R"
    "NweX18MLT+hGsHv/zyB+OYNUjnjYvxVgd+bwi24jPGUz/vPk9esC9EOsea/UIgnZcOI/S+"
    "L7gKgjRlUB4hhJC1E+LoXycQHKx1mU4yOrID5SZK1Ae98CxMILl+mOMUNzmMX+PzfDQY6u"
    "nKJL79aWwcD/gG05Ge35sJkgEClmQhrv1F4rXpBmAnFZPS5kCBUbNmADopTQGlxI0ykmbM"
    "KEL3C+sJFTiQExGgX+BuD7xhyJ1YQQG0EsRz8iSmF/x6l2BXpoT9kv6BfD4XUC9It+eo+9"
    "/XihcQXI4wDvZLGEuSR+YAoNW3pVO1WG9HGT1QHM9f1ZrYTBcHIvNVolzY1JlrwnFFlT/A"
    "GtPLb0+eih/OwaGH1HiZcdGDu+hrMubI0WHYXLtbU1Oxk5DvyvR/68v+zdXPautI6H+R00"
    "7peQmnoCfPGEnJBUy7pv9tH8ZJ5ugRhOPYjE3yJGHnDgEtq2eFNHYpJfP+sWWeSNoFdJgz"
    "w/FuIpcgCZAIgjQzdgM8jAlABGAAS3o+sucDGzbN6OgA0dBghGYAYdACnlwtT8FiwFBX+8"
    "4k0IWA6wsNcbPSDOoax1fq9flpjqU0b5fzoRizom7wtZR3RBXxZ8/xEH5DX31gbjEGqd9/"
    "eYECynjkfHkRc/wC8/aSMN8LXHEPgeHPm7zxHoDa6A/x3QvwF8BYDB7fV1x5O5saGsgRGz"
    "tfyAEDRLj0h0PvJnvNQtkRhCJcGfptyO3Fe+CuWraJ3NWvkqniffy/gqXGpXMegG3VthXs"
    "yYzEvazAuN5hl77ow4khWVj3DYX0FcGmJP25BjrGF3njmhJPBeE+8P8JiVoALond7luP+z"
    "dg586s/4SutdnYNQHavOjFKsKGBE1nNh83FRVFGRS5Dt7/T+ugVKXAx7/1RRceeOqLawaQ"
    "daRlNEz+Hu0VnlbAIt26UyO3DuqoqTtGZRnRy/effmm9O3b9Zrad1StISyy0Wgw7+nO5Y0"
    "SqN41WSI1eJp8uIRhh3dc0tlGZ3vT09S1dINDoin2/KmZ6zJT2PqvCKGO0eYfYKUdSTmzs"
    "TzbpHJ0wx66gvetaTd84bMkTA9Cjvh3YoFdkhgQzpFIHzhKxAOwgEz+IBEb4sCy3RCUgfx"
    "acMlTPg7ihTOGjz388nHLZ25dr41jlXNfClCZeXbkpVvEUz9kupE2L1N3rWtaRN3xJS4yC"
    "4sDOlKDmdIkXYSi6V7gIAWzc7A277eWvjOctEf9Ea/yfeWC4l3/uK3sdZr3u5yu7AJTIo5"
    "eY9yO4zrdS6b7JKS7b5ry3JErslaah85YIXYObAmvJnNOAeBwTcKT9yLHBSLbwTevuY5t5"
    "ylyGKBS7iSpLvs/HMb7C27Sm1RO0mpnYQR15jVchwkKZXfoCnHqjx/UUPkr8aZaWqh1JHJ"
    "31SPQvkb+ZFnlhPGp5TKNkzFFXBpSB4Q5fKPAYz4v4DhhyG8AuKcYYmeyOTqOaDr6ASue3"
    "eBQ/wXENsUAQiOiFCwsBeLwEdB7pE0/XC/X39cPP8RJWwGurofVPBHx3UQTTVZgTU+1Rxz"
    "IP+ZilVYm+kfD1XIcFTnf4cr2N0tE7Xw3Q/gyHENAyE+iYpiF9S+o+IU1L6zh31HxSm0m+"
    "9l4hTSm0t5sZumbJMJY89exgjKqrmWWcp2xjdsP+syQq5G/qWUeI+BDp294L6TPEyVk9AI"
    "kUOFS8IR2lrqzFCFHTmvqMWWhnn1noYrsSNd6cjBiKQN3tQ9SP4FtYTwlrgWbubQtvN9NT"
    "G61oR+nJ68e7ue0uJH0SS++di7vs7OWsEy6mIsgjdCDT+V1mQTmIOqjDiF7kRQH95ULgDy"
    "anh7ca2BTyPtsn/TD5Is18cC76FoinL7RlrvWoI6ZAzNF0wSwFQ8ldO0+5vOJ82fzmFKjl"
    "4xhjtN10pxvJNAY7/Qwww6s2ru3iRdTadvwxDfk8/3kOO8q6PfueQCdKxdnYPARvkZ//dW"
    "uxUN/LOu+H0z7o3G/cGP58JcTRln0Wc8uh0MvKZgg+K9bi8vNe1KEK5t2Z/x+17/WjSJCE"
    "bx+7I3uNSuvSZDgGZ7rcJac6UPb8d8zvGNztSJy9IeiKeJMA+2guwUyDf+RBStUYW2Frdi"
    "E8eRBRUX78kRVWsQ3cZuXPt4qg6lWzqUroEMwJLayh5nQ5K6RezYmtwwrSmqltQWUbRS2d"
    "z+2f9vl7BKdZfWBBvV/GkY0AW47qTkj4O42lVpYkcU7ZvYb9+UmNdv3+ROa/EobdEiAn5H"
    "n/P/wGml+qgy2jZgvo+0DCkPJiLASbpHFljBpNTKDFbCDGZhw53fISwRL0WVJWNESrJvWM"
    "6wCvJ5qV8K9QqoGwu3uqE9TqQkSwnJEhQ+XdsRyx8905QtOuzs+ezp1QOrXsPqYduZbWXA"
    "P24V8r5dtEY4YIJQpXA3J/YvG/TpWbprMTlJqbjcZC5PLGw59TKJUqSKz03jc1NShwqzhi"
    "omDJW/lyybq4MJi/J1ltBiTlc47/h/CfUqkNpowoBD5shPpOSkIn0yNFKXzAjaxlcqljfN"
    "xD5SiL2yshXydhzd25s91B9N1/keHPk7+VGmvmncs1L+21Fxrsc/3h+AF0ehH/aoC44CB+"
    "zRyy0NhiIbQefR0QTd9AXCppgQ+09aUvfAqZyl55i7onKWniffVc5So0WwylnKZ4PKWVI5"
    "SxnUVc6SyllqN1dUzpLKWTq8sFKVs6RylsrirXKWDmoOq5ylBkkNlbOkcpY6Kmep8bkHKm"
    "dJ5Sy16FCqcpZUzlJbzv4qZ+kRHVPlLKmcpVZgrnKWms8IlbN06JJd5Sw9BeoqZ0nlLO1d"
    "h1E5S4+Ar3KWVM5Sk2P/VM7S8+Syyll6HnwOs1hKa4QhQU1tsJ7H4dWufA471gZFapKIUa"
    "EIOrLDfb6FJUup7CvV7SuYcIUaTQitfBd2klLJsCbLsBnEpl3JfhlRqFVVw2pJbLuGXhAj"
    "U+upyevJRNC0LYxq8DhFqvjcZD6nk2szvL4ghPfAeZH8Gep0MB0n35VKuG7ZczTdcHidYO"
    "9FPy0wbz9eaKMXxy+TymHWVhLeSV/NShWn2p+V6l87jsDdg5mqaYUaNGFu7BRVa/B7dMvd"
    "8epZL0sWbvhFVFHwb1E1u4DruGCByMJGYDkjYAmZMfsW/PVXaA/96y9gEJe/HEwomYNjcY"
    "kqgsYsKsuQLdqw9S98xp/xeIbAxKIOAx4h4DocYLwNoyXijeJiVwNicIcAE3e+eu8Sz6Py"
    "ERZzkD35lne1V3wofIy2hRxOwZYIYVFYQlyrisxNL+6O2FLZCJ2iVJeqbqlAwSH5BFrCDF"
    "Udor1VAspUh3AwXDgzUinGIk6zkbO/aXzeh7e/aSpOX2TaFKo4fo+SKo6XuFNSxfFeDDhb"
    "3LmnKjiiUJTBR3HuqQR3xFyJi+IhcER4vdAdut4Dy/SbbUinSDRndZvtvlppGYe3seVrGY"
    "L5MlbkZ6OFFCoPrWYeWrgQKy+CFKEKtznk0/Q1mRZuNOJ5yW3GJtMq52gh2qmLwZISxvvc"
    "owXfEyYMUbEtID4PzJzjcUlCtUEc2tpo1AZxQHrwNneIpsmnoRfcWSiigi4lpZQfLVpSUP"
    "mv3o06vOV3K3GnxJ3Sh5U+fGCLoCH7Td9E8wVXJ7Gx+oBWsu0m1aNwt7Givvo9WpUtCw4c"
    "925ueRWg/YLdc7gCBpkjAKecNZIS32UoNtgY7pFECOWnkQbdt1Oa5Gk3gWRu9NlZmdzos7"
    "P83Gjx7BE/S8M24awEausunCnTWKM2UppSHTrqbsPK5ZW/KNrl8mrK1h/W2pJt+rE6XAXb"
    "fdCr9D5vooVNVt6pzzvJRaV2X4Hepz4Qte0csKQWQ96Jz10skLiew574J0CK+MwwLJs3ip"
    "82WSIq0w529p0NdAp13YS6bkJJ191LV3XdRLv5LglUzlw3UfV+g+3eatCkE9wuqlvFR5YB"
    "OT+FJkXWgnsM9p5G41K+UGrXUI2RN7qK6o02+rl/qZ0DB9EHy0Cf8XjU712LdWRBO63ulV"
    "sGpVZBhVqm1lxaACtfxKwJmgx9TSlzXK5g83FRweZjScHmvVcqbDbMO7qmgDBikEolyOM0"
    "LcT5rAzMZ/kon0l2zPA8moU5P7Q1SbX/4NbOdxMXe2XiwJ1r2Ywf91+Jz/7wBPvpTgpcPV"
    "GZzqbN/n3DLoZjSFZCYfJgRKRyBivkDPLBWRTlXPXzuMoYI2+yoO9ISuiPh58+eQX0GVks"
    "RGH83sWNNhifA3jnBCL16dVIih4s+a1wBfdhRSStqTq2teLW4p4IV1JHr/wtE66sll6zZv"
    "snbXDlzfYgkzrnWgmtd/UbXxEImivxK+rDZfO6l7dOAkq+UHLWTvrqiZH2cfhz8K45eQiy"
    "uZuwnqqWzVHlcjaxSCA8IdSQ7S8FtVljNEqp3bp2Vev6hC3cmlCLG4dy1wr/o5heY7PO0C"
    "lopdBWvIwyImmD0N6DledO1F2peNFcnKZ9MJ+Wgvm0AOZTyW3PpinK68sKOefvhwkitSFu"
    "fUMUoRwupSIotYLkTlGpk1bm+jHIp81MvxO1WSrgmiZTwKaBJS7TyUSf84MVleVCFFnJMr"
    "TKWFbBWBaciyXSu8AaE5Eo3S4LKKOrGsE3cTpVEbA5gTbZCCtV2/05cNmzIdZaxxGd4nCz"
    "ORxGSFdOw8mQqrpnm2UCyriSZcl7QpE1xR/QKuPTSDEgiOkfJV52YOz4Gs66sDUSBxQu1+"
    "H22cnIceB/PQoL7t+MR/1LjvrTpFwM+P86knQLr71blGqBeVPZSlYmwsxiXg69V+2Sk4ri"
    "ma5XN3MO6b0j6mFSPkk44iL3fg7vkSNqaEIMEJ5a0iJW23qrSqFosCzqApVC8XxC6VUKxf"
    "Pke5kUCreiS2YDd0zDhG3STXBSxktwku8kOEn7CJ42N+WpF4zKTmltdgpZcnCqzOw1QQvA"
    "3sPEDvyEVRCOkbTPg3tydlqqOslpQXWS00w6BKESPSf3hBF2b1Hto60Z/0WSvTg26xUxzd"
    "ApcAvAdRA/XcmC6QuKtkiIVfW0mmVbGKLzalaJkKI17sLnUy1thKYWB0BaJ239rFtkx6N+"
    "L6t8zZSAYuXXOYPOveNdjwOBTaby2mglKJQRrsGTvauMcM/IGKOMcM+T72WMcKqOyS6jdS"
    "vGQ28SCt24NbN7dGekWumGsP+u8G3b5HUQrSoe4jQtnMY7sbpxtcnzfMMcWfF4UmnyDU3G"
    "vfOpd3Pzy3B0dQ4W0HGWhJqf8Xj4QRvw5UPuEU4fNspxZdtJng6CtizlsMjkEdGoCrXdCq"
    "aOCgdvSdiSJcuEuQio338YITsv57BOzFIzjVGZkKWvu7VQrAGT2ijicOZbKaA95cxjs7me"
    "ZmV5iwXiYg94Va/ybRSpPsoqoawS6nTaiNOpsko8T74rq8RTHzhU/MoTxa+okp5tLOnZsE"
    "OBquipKnqqip4hSsUyvEatB9OCNpLVliySL2uS9gmY7U98Dj6xH6pV/IrTqEm/9Un/LGoe"
    "jrQf+zdjbRQUHfStR5I6h8lKhc0wWKuqhPvV5E3LMYjIRdSXEDOpq6CoiIqMfI91VMLz7A"
    "GXUZlwaSW7SLAI9RiVKlpTCW0/2q9G3n6CsEVR1k+dtB8Fgia5USNlP3rVYXGifL5+YhJW"
    "ztaPpceEPqsNXY698D3NUX42dzkm7FzxWxvr4xSfvW2BaZee2R5XV41ZR+KVDZ50Cz2yUZ"
    "/HPLD5MGzZv/pcnKsbJu3ku025jimvJ5xvrYiRNPm4Vtceur0Lx2MbA19UFRAOurcQ3eOy"
    "Jv0ii34mPo7wI1I1K2iMRN2jU9Hu86SJUF//D/tFWkQ="
)
