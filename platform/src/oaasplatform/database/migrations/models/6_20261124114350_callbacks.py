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
    "eJztXW1z2zYS/isYfXEy4/PEdpz03N7NyLbS6uLIOVlur9d0WFiEJI4pQAVBK5pe/vsB4D"
    "sJ0iQtyRSFL20EYkn4WWCx2Df81ZkTE9nOUdeeEmqx2bxzDv7qYDhH/B/Zh4egAxeL6JFo"
    "YPDelr1h0E02w3uHUThm/MkE2g7iTSZyxtRaMItg0b+LQUjyPXhACwZeWZiTWI/oNVjOEH"
    "8OKJpQ5MwAJsAmeIoomFjYdIDFDsE9GkPXQQB9RWNXvNUBYuT82ZEYgUnGfAgWnm7jYy62"
    "/nSRwcgUsRmi/JO//dahaEEcixG6El0kqr//zv/FX8pf44hO4ufiwZhYyDYT2FumoJHtBl"
    "stZNuFNe1j9kH2FX/gvTEmtjvHUf/Fis0IDgkszETrFGFEIUPiC4y6ghfYtW2fcQF7vD8h"
    "6uKNMkZjogl0bcFRQe0NIGrrGMbgZmTc9kaG0clwO6CI8cRvGnMo+UzhQ3UkAFMxhL/9/e"
    "Tk9PT9yZvTd9+dvX3//uy7N9/xvnK82Ufvv3mDidDyXiUx6//YH4zEgAifjt5MFQ3fJA1k"
    "0KOSzIjQH1Mk8DIgy3Lhij9h1hyp+ZCkTPHD9EmPgn+kuRPwoog9QUPEn2iBbYNB/A80b7"
    "C98idGAfaj/qfe7aj76bP43Nxx/rQlft1RTzw5ka2rVOurd6+TzApfAn7pj34C4if4782g"
    "J+ElDptS+cWo3+i/HTEm6DJiYLI0oBmbw0FrgBrvmZB3Fv876rA9Rar53hS+BxjFGO+PPu"
    "I7l/uIIjxGWa6P0NccgZsgSvGb47aDHC7iaO8/owQzBz93h5c/dYevPnX/8zrB0OubwY9B"
    "94ibg8vrmwspdCPY5f8ziF/OIFUjHvRvBdidOfxq2AhP2Yz/PHnzpgD9AGveK7VIAjaceM"
    "+S+D4i6ohRVYA4RtJClI9LoXxcgPJxFuX4yCqIjxRZK9DetgCx8MJlhjOeoTnMYv+v25tB"
    "jq6cokvv1taYgf8B23Iy2vNuM0EgUsyENN6pvVa8IM0E4rJ6XMgQajY8gw2IUkJrcCFNp5"
    "nwHCZ8hfOFjZxKDIjRaPCfAb5nzFFYTQixEcRq9COiFPb3nGpToAf2lO2CfnFzc50A/aKf"
    "3mPvPl30uAIkOcA7WSxhLokfmALDllHVTpUhfdpktQNzfXtWK2EwnDwojVZJc2OSJR8IRd"
    "YUf0QryZY+Hz1Un119o+8w8bIdY8e3YNYFrdGio3AZWluzk5HjwP965M37y+7tZfeq15GY"
    "38PxwxJS00iAL56QE5JqCftmH81P5ukWiOFUQiT+FjFynwOX0LbFmzoKk3z47LDIIj/2e5"
    "U0yPNjIZ4iB5AJgDgydAM2gwxMCWAEQHA3vD4ELmaWzdsRsKHDAMEIzKADIKVcmJrfg6Wg"
    "4I9XvAkBywEWlr3RI+Icylrnt/plhak+ZZT/qxOxqGPyvpB1RBf0dcH3H3FADrkXGowDqA"
    "3eXzLBX04dSceRFz/ALz/1hj3A1x5D4B/gwNt9DkB3cAW874D+LeArAAzurq87UubGhhIC"
    "I2Zr+QEhaJYekeh84M14pVsiMYRKgj9NuR65r30V2lfROpu19lXsJ9/L+Cpcalcx6PrdW2"
    "FezJjMS9rMC43mGXvujDiKFZWPcNBfQ1waYqltqDHuYXeeOaEk8A6Jtwd4zEpQAfRO93LU"
    "/7l3DjzqL/iq1706B4E6Vp0ZpVhRwIis58Lm46KooiKXINve6f1NC5S4GPbeqaLizh1RrW"
    "HT9rWMpoie3d2js8rZBFq2S1V24NxVFSdpzaI6OX77/u13p+/ehmspbClaQtnlItDh3zMc"
    "SxmlUbxqMsR68TR58QjDjiHdUllG5/vTk1S1dIMd4um6vOkZa/LLmDqvyNidI8w+Q8o6Cn"
    "Nn4vlhkcnT9HsaC961pN3zlsyRMD0KO+H9ivl2SGBDOkUgeOERCAbhgBl8RKK3RYFlOgGp"
    "g/i04RIm+B1FCmcNntv55NOWzlw7X4hjVTNfilBb+dZk5Vv4U7+kOhF0b5N3bW3axD0xFS"
    "6yCwtDulLDGVCkncRi6e4goEWz0/e2h1sL31ku+oPu8Ff13nKh8M5f/DrqdZu3u9wtbAKT"
    "Yk7do9wO48rOZZNdUrLdc21Zjsg1CaX2gQNWiJ0Da8Kb2YxzEIz5RiHFvchBsfhGIPc16d"
    "xyliKLBS7hSpHusvHPPWNv2VRqi95JSu0kjLjjWS3HQZJS+w2acqzK8xc1RP72ODPNXiB1"
    "VPI31aNQ/kZ+5JnlBPEppbINU3EFXBqSR0S5/GMAI/4vMPbCEI6AOGdYoicyuXoOaBidwH"
    "XvQ+AQ7wXENkUAgiMiFCwsYxH4KMgDUqYfbvfrT4vn36KETV9X94IKfuu4DqKpJsu3xqea"
    "Yw7k31OxCqGZ/ulQhQxHDf53uILdh2WiFn74Jzhw3PEYIT6JDjJBE/eQjWfhMQZbTiTB6g"
    "xNvu6pgQXfTEZz6A2xmRuiDqDYlw1RB1C0m+9lAijSu155sZumbJNtZcvuzwjKqkmgWcp2"
    "Bl6sPx00Qq5GYqiSeIsRGJ2t4L6RBFGdLNEIkUOFr8QR2lrqMFOFHTmvqMWWhrkbX4Yrsb"
    "Nm6ZDGiKQNbt4tSP4FtYTwVvg8bufQtvOdSDG61sSknJ68fxdOafGjaBLffupeX2dnrWAZ"
    "dTEWUSWBhp/Kt7IJzEFVRZxCdyKod28qFwB5dXN3cd0Dn4e9y/5t38/+DI8F8qFoipIOh7"
    "3utQJ1yBiaL5gisqp4KqdptzedT5o/nYNcIaNicHmarpXieCMR0F4Fihl0ZtX80Em6mt7o"
    "hiG+JWd0IgAgYRMuq/7FqbTGV1fj27Xg/+oM6FzyzWvUuzoHvn34C/73Xe9ONPDPuuL37a"
    "g7HPUHP54LHwZlnEtf8PBuMJBNvnLAe91dXvZ6V4IwdHB8wR+6/WvRJMJaxe/L7uCydy2b"
    "xgI0W7YKS9mVcXM34tOOKxmmQVyWdku9TNqBvw1np0C+4S2iaI0aurZgJps4jirSvFgfiq"
    "hag+g6NKHapgFtEFjT9hAC6YOltFM+zYYkdYvYsTa5YVpTVC3TMaJopaK/frvLny5hlYpx"
    "hQTPKgTVMKALcN1IHSgHcbWr0sSOKNo3sd+9LTGv373NndbiUdqaSAT8jjHn/4HTSkVzVb"
    "RtwHwbuTpKHkxE1JtyjyywQCqptQmyhAnSwmN3fo+wQrwUlRuNEWnJ/swal1WQz8sH1KhX"
    "QH28cKs7OeJEWrKUkCx+NdzQhlv+6JmmbNFhZ8tnT1kkrnphs8d1pzuWAf+4Vch7dtEaoZ"
    "gJQp3X35y4y2zArbR012JyklJzuclcTqVYVGFzilTzuWl8bko+WWEqWcUssvKX1WUTuDBh"
    "URLXElrMORTOO/5fQmVZWhtNGHDIHHnZtZxU5NQGRuqSaWLr+ErFmreZuFMKsaw1XCFjyj"
    "Hk3ixRfzKH6x/gwNvJs/lbcc9K+W9HFdue/nh/AF4dBH7Yg0Nw4DtgD16vaTAU2Qg6T47G"
    "72YsEDbFhNhMJpuzUyls+rpCncG2j5lMOoNtP/muM9gaLYJ1Bls+G3QGm85gy6CuM9h0Bl"
    "u7uaIz2HQG2+4FuuoMNp3BVhZvncG2U3NYZ7A1SGroDLb2aXw6g01nsOkMNp3B1khNSGew"
    "vfT2oDPYdAZbW+wuOoOtozPYdAabzmArnuM6g20rjNAZbLsu2XUG20ugrjPYdAbb1nUYnc"
    "H2BPg6g01nsDU57lJnsO0nl3UG237wOchpKq0RBgQ1tcF6HoejTfkcNqwNikQ1ER9EEXRU"
    "h/t8C0uWUttXqttXMOEKNZoQqjj1FAuxJKWWYU2WYTOITbuS/TKi0KuqhtWS2HYNvSBGpt"
    "dTk9eTiaBpWxjV4HGKVPO5yXxOp1pneH1BCO+B87IoMtTpQEZOvimVMGzZciTjzc11gr0X"
    "/bTAvPt00Ru+On6dVA4VAXQiC8UPjitvpYpTbc9K9bcNRz9vwUzVtLIdF7L+QFHtjougQk"
    "GZa6BlUCsqWccj/ITj1ddYInG1vXs/txifN8FFyn6a1BHoM1lhQ9bTMMUVzGyGLAqCqejf"
    "xsybHAD5i6Btg5k1nSGare2x1S8/Xe9j65UcyixIXcpBl3JoXUp/mVIOOolwC8FsNnSq+8"
    "ZiRNotWT9jgiwWSIF8fuBDjESHPjwj9IG4WJVrmA98RKFxr4Z70/TsnnDrF+rZXo+SeraM"
    "EiipZv8iNNzxDGI+wkMwIRQsEFnYCCxnBCyFwv49+OOPIO7gjz+AN+vAhJI5OBbKMILjWV"
    "QML6tOr/0LX/AXPJohMOEqNQOSEEBsCiUbYLTkSrlU0McQg3sEGLFN713ieVS0j+vryJ58"
    "z7vaKz4UPkbbQg6nYEuEsCjnxwUbReZztfSILZWDPVKUWnNfk+a+S7E3LWGGPjbt97HJwX"
    "DhzEilWOY4zbM0nKbxeR9VnL6oJlCo4ng9Sqo4sjhBSRVHvhhwtrhzqSoIWx3XDuboXKoE"
    "98RcCbMdBI5IYxW6w6F84FnzILAhnSLRnNVt1vtqrWXs3saWr2UI5qtYkV9xI6DQtTZq1t"
    "oIFmLlRZAi1PajXfZaXZNp4UYjnpfcZmwyrXKOFqKduhgsKWG8zwNa8D1hwhAV2wLi88DM"
    "OR6XJNQbxK6tjUZtEDukB69zh2iafLqRSVSFIsrvUlJKeVlZJQWV9+rNqMNrfrcWd1rcaX"
    "1Y68M7tggast/0TTRfcHUSj1cf0Uq13aR6FO42VtTXeECrspcxeXFT8qIbL5hqDldgTOYI"
    "wClnjeJipTIUz9gYHpBCCOXHbvjd11MC8GU3gWTYxtlZmbCNs7P8sA3x7Ak/S8M24awEau"
    "sunClFX6P+a5pSHzrqbsPa5ZW/KNrl8mrK1h/UtFVt+rF6twXbvd+r9D5vooVNVvLUJ09y"
    "0XUiR6D7uQ9E/W4HLKnFkDzxuYsFEpci2hPvBEgRnxljy+aN4qdNlqrQ7A1+p4GB2PpKPR"
    "2HraWrvlJvX/iuSAjMXKlX9Q639d7c1qQT3CYC7+Mjy4Ccn6qeImvBXW1bT1d3KV8ote8q"
    "iJE3+raC297w5/5l7xw4iD5aY/QFj4b97rVYRxa00+peuWVQahVUuDPAmisLzeaLmJCgyd"
    "DXlDLH5S6lOS66lOZYcSnN1iuCNxvmDV3FRhgZk0rXLMVpWojzWRmYz/JRPlPsmMF5NAtz"
    "fmhrkmr7wa2dHyYuluWYwb1r2Ywf94/EZ//5AvvpRrKpXqgcftNm/7ZhF8MZK1ZCYZGOiE"
    "jX5qhSm4Orgua9yqVeDHZIpdGugDYfnEVVibHlFPQYeZO31Y7iYrDRzefP8lowL8/3C+5e"
    "3PYGo3MA7x1/A3t5pZ2iR0t9z3jBDcsRSWtqKa/tyh5x+52rSEcuf3eeq0pNbtZs/9wbXM"
    "nZ7teHyrksr9e9+pWvCATNlfgV9eE7YdhLrhOfki+UnLWTvlBv2Pt087P/rjl59GtUNWE9"
    "VS0GqouAPsf+g/CE0HG1wgtxGn2EWLsuW+tSuDXcBVeLG7tygyT/o5hRY7PO0GloldBWrE"
    "wUkbRBaG/BpnYvqklWvLo8TtM+mE9LwXxaAPNpFmZomuLSMNX1NPn7YYJIb4hr3xBF4IxL"
    "qQgBriC5U1T6pJW5VBnyaTPzimNWwDVNpoFNA0tcZpCJMecHK1rVTJah1cayCsYy/1yskN"
    "4F1piIROt2WUAZXdUIdYrT6TrnzQlrysaz6Rur9oHL0oZYax1HdJrDzeZwEI9eOekpQ6qr"
    "zD0v71LFlSxLPhCKrCn+iFYZn0aKAX4GxTDxsh1jx7dg1gWtkTigcBkmN2QnI8eB//UouE"
    "bsdjTsX3LUXybBZcD/11Ekt8j2w6LEFsybytYNMxFmFlv5Nf2BIBWlSl1ZpXQO6YMjqo9S"
    "Pkk44qLSwRw+IEdULIUYIDy1lCXD1vVWnbDSYFl0CHTCyv4kLuiElf3ku0IjzCSsuBVdMs"
    "9wxzRM2CbdBCdlvAQn+U6Ck7SP4GUzgV56wehcoIz/5QX8LBuJBSFLDk6VmR0StADsLUxs"
    "309YBeEYSfs8uCdnp6VqwZwW1II5zSSfEKrQc3JPGEH3FlWaWpvxX5Q0EMdmoyKmGToNbg"
    "G4DuKnK1XqQkGJHAWxrlVXs0gOQ3RezSoRULTGXbg/temGaGpxAJRV6cJnh0V2POr1sspX"
    "qPEpVl5VOeg8OPIyIghsMlVXoitBoY1wDZ7sh9oIt0fGGG2E20++lzHC6aoxm4zWrRgP/Z"
    "xQ6Matmc2jOyPVCmUE/TeFb9smr4NoVfEQp2nhNN6I1Y2rTdLzDXNkxdNJpck3NBn3zufu"
    "7e0vN8Orc7CAjrMk1PyCRzcfewO+fMgDwunDRjmurDvJ00HQVqUcFpk8IhpdD/iwgqmjws"
    "FbEbZkqTJhLnzqDx+HyM7LOawTs9RMY1QmZOnbZi0UIWBKG0UcznwrBbSnnHlsNjfSrCxv"
    "sUBc7AFZYyzfRpHqo60S2iqhT6eNOJ1qq8R+8l1bJV76wKHjV14ofkUXUG1jAdWGHQp0/V"
    "RdP1XXTw1QKpbhNWo9mBa0kaqSZ5F8CUnaJ2DWP/E5+MR+rFbxK06jJ/3aJ/1e1Dwc9n7s"
    "3456Q7/ooGc9UtQ5TFYqbIbBWlcl3K4mL9gZ1u9hRngrY5XCHoXv0BGpikrDljMmIgHUWE"
    "LMlP6Zoso1KvItFq8JjAg7XLtmwrcI1V2ZRajHqHSloEpoeyGWNYolJAhbJEheulJCFH2b"
    "5EaNOgnRq3aLE+WLJCQmYeUSCbGcpMBR+Ew/bzd4T3M0zuf7eRPGxfjFpPVxis/etsC0SX"
    "d4l58RxrOOwhXuPzksdINHfZ5ye+fDsGan9r54tJ+pl+b7qrmOqS7inG8iipE0+Yxc1wh9"
    "dlYqj/KsII/yLJOsyhdVBYT97i1E97isH6XIjZIJSiT8iFTN9Bwj0VdFVTS2vWj22bf/A8"
    "E5MH4="
)
