"""Batches as one thing; limits of repositories; instances on standby."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "algorithm_repositories" ADD "max_concurrent_executions" INT;
        ALTER TABLE "instances" ADD "standby" BOOL NOT NULL DEFAULT False;
        ALTER TABLE "instances" ALTER COLUMN "standby" DROP DEFAULT;
        ALTER TABLE "executions" ADD "batch_id" BIGINT;
        ALTER TABLE "execution_history" ADD "batch_id" BIGINT;
        CREATE INDEX "executions_batch" ON "executions" ("batch_id", "finished_at", "id") WHERE batch_id IS NOT NULL;
        CREATE INDEX "execution_history_batch" ON "execution_history" ("batch_id", "finished_at", "id") WHERE batch_id IS NOT NULL;
        CREATE TABLE "execution_batches" (
    "id" BIGINT NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "user_id" VARCHAR(200),
    "last_id" BIGINT,
    "stopped" JSONB,
    "counts" JSONB
);
COMMENT ON TABLE "execution_batches" IS 'Executions that were submitted in one request. It has its id of their sequence, so theirs are all higher.';"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TABLE "execution_batches";
        DROP INDEX "execution_history_batch";
        DROP INDEX "executions_batch";
        ALTER TABLE "execution_history" DROP COLUMN "batch_id";
        ALTER TABLE "executions" DROP COLUMN "batch_id";
        ALTER TABLE "instances" DROP COLUMN "standby";
        ALTER TABLE "algorithm_repositories" DROP COLUMN "max_concurrent_executions";"""


MODELS_STATE = ("eJztXetz2zYS/1cw+pJkxvXEdpzk0l5nJFtpdXGknCz3lXQYiIQkjklABUmrml7+9wP4fo"
    "A0ST1MUfhiSyCWpH4L7C4Wu4t/OibRkGGddo05obq9MDvvwD8dDE3EPmQvnoAOXC6jS7zB"
    "hlPD7Q2Dbm4znFo2harNrsygYSHWpCFLpfrS1gnm/bsYhCTfg3u0tMFzHTMS/QG9AKsFYt"
    "cBRTOKrAXABBgEzxEFMx1rFtDtEzBFKnQsBNDfSHX4XS3A35xdO+VvoBGVvYKO5/t4mIP1"
    "vxyk2GSO7AWi7JGfP3coWhJLtwld8y4uqn/+yT6xm7LbWLwT/7q8V2Y6MrQE9rrGadx2xV"
    "4v3baePh9g+73bl//AqaISwzFx1H+5thcEhwQ6tnnrHGFEoY34E2zqcF5gxzB8xgXs8X5C"
    "1MV7yxiNhmbQMThHObX3AlFbR1GGo4ly258oSifD7YAixhO/SWVQspHCXtVyAZjzV/juX+"
    "fnFxdvzl9evH57+erNm8u3L9+yvu77Zi+9+ea9TISWdysXs8FPg+GEvxBhw9Ebqbzhm0sD"
    "behRucyI0Fcp4ngp0M5y4ZpdsXUTifmQpEzxQ/NJT4MPae4EvChiT9AQ8SeaYPtgEPuB2g"
    "gba39gFGA/GXzs3066Hz/xx5mW9Zfh4ted9PmVc7d1nWp9/vpFklnhTcCvg8nPgH8Ff4yG"
    "fRdeYtlz6j4x6jf5o8PfCTo2UTBZKVCLjeGgNUCN9UzIO539jjpsT5FKvjeF7wFGMcb7bx"
    "/xncl9RBFWUZbrE/R3jsBNEKX4zXA7QA4XcbT/2yTBzOEv3fHVz93x84/d314kGHozGv4U"
    "dI+4Oby6GfVcoRvB7v7PIH61gFSMeNC/FWB3TPi3YiA8txfs6/nLlwXoB1izXqlJErDh3L"
    "uWxPcBUYu/VQWIYyQtRPmsFMpnBSifZVGOv1kF8ZEiawXa+xYgOl46tmKpC2TCLPb/uR0N"
    "c2zlFF1aW+uqDf4HDN3KWM+HzQSOSDET0nindC2/QZoJxLHrcSFDKNmwARsQpYTW4EKaTj"
    "JhEyb8Dc2lgaxKDIjRSPA3AN9z5gi8JoQYCGIx+hFRCvspo9oV6IE/Zb+g90ajmwTovUFa"
    "x9597PWZAeRygHXS7YS7JL5gChxbSlU/VYb0cZfVAYz1/XmtuMNwdi90WiXdjUmWvCcU6X"
    "P8Aa1dtgzY20Px2tV3+o4TNzswdnwLRl3QGk06ClehtzU7GBkO7Ncjb9xfdW+vutf9jov5"
    "FKr3K0g1JQE+v0LOSaol7Ju9ZJ6b6RaI4dyFiP8W/uY+B66J6pgI258gtTsCt3zi+kmRZ1"
    "7zeypL1rWkd/6WmAiQGbAXCEzXNrL4FwgMSOcIBDc8BcFLWGABHxDvrVOga1ZAaiE2INhA"
    "C75H7vOsj34/jxR46sv65EMcqwq9FOF2RJ5003eW/tBPciKXDUH3Nqmc87NXb169vXj9Kg"
    "Q+bCnCO6vTp0QT6I2ejiFdi+EMKNKWE5+6Bwho0ej0TdDQdGLmam8w7I5/F7svegKTtff7"
    "pN8VKfCn1S53S4PApJgT9yinYRy3c9kd4JRsZ+Ia2kC3+AZsKLWfWWCN7HdAn7Fme8E4CF"
    "SmKFxxzzdmdaYIXL0GIGXCf8W3duEKrgV7wDt/3Aa6ZVf7vVKTlNIkNnHURa2dvySl3Phr"
    "ysZf3oZvQ+RvnzFT6wdSRyR/Uz0K5W8ovpSFbgWLtlIhOCFlKA3JA6JM/tkAI/YJqAuI58"
    "g6BXydofOeSGPmOaBusysWNesEWMS7ATE0wLpYYE6AjvlHwN6C3CNhTM5+n/64eP4cRTH5"
    "tjr7y/p87jgWoqkm3V9Ep5pjESB/cgMrGhAd1t9GUV/GtiUbzHzHLRwwkSsxxVGF/Q6Hs5"
    "vz3RcvHfcejMn8C/j15/64D9xngB9+BM8sR1URYoPoWedb6kWm0FYX4TIG61Ykweq8mnu7"
    "x14seCYY3AIml8Dw7ubGW1tLhdg8hSgjoI5FIcoIqHbzvUwEVFrrlRe7aco2+Vb2IoJFTK"
    "gaGZWlbEU8yR5ipCLkakRLCYn3h3ynsxfcdxI1JXcQGyFyKN8rsbi1llrMVGFHzi1qscU3"
    "Uo6bK7G1ZllRFCOpJYCahvvuJf+S6lx4C/Y8bk1oGPmbSDG6/Umel7sd4Bfnb16HQ5p/KR"
    "rEtx+7NzfZUctZRh2M2eOUwMJPBSEYBOagKiJOoTvj1Ic3lAuAvB7d9W764NO4fzW4Hfgh"
    "UeGywL3Im6JInHG/eyNAHdo2Mpe2IOyseCinafc3nM+bP5y9IOEFtBbVdkWTdDX3Rg9nDG"
    "9zazSxHZ3wUJY1RuJU0v6oa3+Ebuqs9dHHjpmJIEuwICRu8hK0c8VE6aR//Q743sov+L93"
    "/TvewB7r8O+3k+54Mhj+9I571KnNuPQFj++GQ7fJV1Ws193VVb9/zQlDd/sX/L47uOFNM6"
    "gb/PtVd3jVv3GbVA6a4bZyv821MrqbsGHHVJ6mEMdOb5KUM49KWUcFxlFmVewphewQyHcD"
    "RRStMYq2FlpjEMsSBYUXa+eIqjWIbkcv11yoyuXpltRDCKQPltBr9jgbktQtYsfW5Iamz5"
    "ElkML5boCIQnoBSnkB/nKIXSlfKiTYKFenYUDvO1XHQszsqjSwI4r2DezXr0qM69evcoc1"
    "v5T2bREOv6WY7A+cV6prIKJtA+b7Tk4OcZzxGCyhjizwhwmppUOshENMx6pjThEWiJeijP"
    "AYkZTsG6YhV0E+JJCo10ddXTrVXe5xIilZSkgWv2BB6MMtv/RMU7ZosbPntSd6qJN/F6fa"
    "nzPlrFXIe37RGoGBCcIthAU2bB4cbhRgNvzT9XTXYnKSUnK5yVxOBfxXYXOKVPK5aXxuSn"
    "ZTYWJTxZym8vWEs+lEmNhRStEK6rZ1wjfv2F9CwQJawEAzG1jERF6uJyPlGZ6Bk7pk0tI2"
    "nvJ4clIigycTBUkhvuf/K+TvWIqrm13UH80o+jd45mnybDZRfGel/LOj0juPP3wwBM+fBf"
    "uwz07AM38D9tmLLb0MRQaC1qNv43dTlghrfEDsJq/KOqiEKllRWuZTHWNejcynOk6+y3yq"
    "RotgmU+VzwaZTyXzqTKoy3wqmU/Vbq7IfCqZT3V4ga4yn0rmU5XFW+ZTtWUMy3yq9tkfMp"
    "9K5lPJfCqZT9VQvSzzqWQ+VZPZIfOpDscLIPOpOjKfSuZTyXyq4jEu86n2wgiZT3Xokl3m"
    "Uz0F6jKfSuZT7d2GkflUj4Av86lkPlWTowBlPtVxclnmUx0Hn4MMm9IWYUBQ0xqst+Nwuq"
    "s9hx1bgzxtikerUAQt0eI+38OSpZT+ler+FUyYQY1mhApWPcVCLEkpZViTZdgCYs2o5L+M"
    "KOSsquG1JIZRwy6Ikcn51OT5pCGoGTpGNXicIpV8bjKf04m/GV73CGE9cF5Mf4Y6HcjIyH"
    "dlEoYte45kHI1uEuztDdIC8+5jrz9+fvYiaRwKAuh4ToQfHFfeSxWn2p+X6rsdx+LuwU3V"
    "tCISPTcbvqiSRC/Ily9zRK4b1IpKVpUIH2F51R5WiB/77UxN3WbjJjhk1k/aOQUD26334F"
    "Z30PjxtPYC6RQEQ9E/qZY1eeeHQ8MAC32+QDRbaWKvT5Ynlzd5Qp4AWVjgeBLMyxQWkClt"
    "ewhmM6BVfW8sRiS3JetnTJDlEgmQzw98iJHI0IcNQh+Ig0WZb/nARxQS92q4N83O7vNt/U"
    "I72+tR0s52owRKmtm/cgtXXUDM3vAEzAgFS0SWBgKrBQErbrB/D75+DeIOvn4F3qgDM0pM"
    "cMaNYQTVRVSaLWtOb/0JX/AXPFkgMGMmtQ1cQgCxxo1sgNGKGeWuga5CDKYI2MTQvHvx61"
    "EJOWavI2P2PetqrNmrsHc0dGQxCnuFEObF5Zhgo0jb1EqP2FI52CNFKS33LVnuhxR70xJm"
    "yGXTcS+bLAyX1oJUimWO02xk4TSNz8do4gx4NYFCE8frUdLEcYsTlDRx3BsDxhbHdE0F7q"
    "tj1oGJ3rkmwZRoa+62g8DiaazcdjhxL3jePAgMSOeIN2dtm+3eWloZh6fY8q0MznwRK/Ir"
    "bgQUstZGzVobwUSsPAlShNJ/dMi7VjdkXqho+PWSasYg8yrraC7aqYPBihKb9blHS6YTZj"
    "aiXC0gNg60nOVxSUKpIA5tbjRKQRyQHbxNDdE0+TRyk6gKRZTfpaSU8rKySgoq79a7MYe3"
    "fG8p7qS4k/awtIcPbBI0RN8MNGQumTmJ1fUHtBapm1SPQm2jR32Ve7QuezSQFzflHrviBV"
    "OZcA1UYiIA54w1gmN+ylBsoBjukUAI5cdu+N23UwLwaZVAMmzj8rJM2MblZX7YBr/2yD5L"
    "w5RwVgK1VQtnCqPXqP+appSLjrpqWG555U+Kdm15NUX1BzVtRUo/Vu+2QN37vUrreQ0tDb"
    "J2V33uSi463OIUdD8N2CLQMCyworqN3BWfs1wifkSfMfNWgBSxkaHqBmvkXw2yEoVm7/A5"
    "DQzElge8yThsKV3lAW/HwndBQmDmgLeqJ4pt9xyxJq3gdhF4H3+zDMj5qeopshacHLb3dH"
    "WHsolS+6yCGHmjTyu47Y9/GVz13wEL0QddRV/wZDzo3vB5pEMjbe6VmwalZkGFMwN0U1ho"
    "Nl/EhARNhr6mlDl7WfbQvMJT87KCZt8VwZsN844OBiM2Ub309rIox2laiPNlGZgv81G+FG"
    "jMYD2ahTk/tDVJtf/g1s4PMwe75ZjB1NENmy33T/ljf3wCfbqTbKonKofftNG/b9j566iC"
    "mVBYpCMikrU5qtTmYKagNhVtqReDHVJJtCugzV5Op6LE2HIGeoy8yWq1IzgYbDL69Mk9Fs"
    "zL8/2Cu73b/nDyDsCp5SuwpzfaKXrQxadeF5z3G5G0ppby1o7s4affOYJ05PJn5zmi1ORm"
    "jfZP/eG1O9r9+lA5h+X1u9e/sxmBoLbm36I+TBOGvdx54lOyiZIzd9IH6o37H0e/+PcyyY"
    "Nfo6oJ86lqMVBZBHQT/w/CM0LVaoUX4jRyCbF1W7bWoXBbOAuuFjcO5QRJ9qNspYayztBJ"
    "aIXQVqxMFJG0QWjvwac25dUkHVrJpxanaR/MF6VgviiA+SILM9Q0fmiY6HiafH2YIJIKce"
    "sKkQfOOJTyEOAKkjtFJVdamUOVIRs2C684ZgVc02QS2DSwxLEVMlNMtrCiVd1kGVrpLKvg"
    "LPPXxQLpXeCNiUikbZcF1KbrGqFOcTpZ57w5YU3ZeDZ5YtUxcNn1IdaaxxGd5HCzORzEo1"
    "dOesqQyipzm+VdiriSZcl7QpE+xx/QOrOnkWKAn0ExTtzswNjxLRh1QWskDihchckN2cHI"
    "cGC/HgXHiN1OxoMrhvrTJLgM2b+OILnFbT8pSmzBrKls3TANYVu3135Nf8BJealSx61Sak"
    "J6b/Hqo5QNEoY4r3Rgwntk8YqlEAOE57qwZNi27ioTVhosi06ATFg5nsQFmbBynHwXWISZ"
    "hBWn4pbMBtsxDRO2yW2C8zK7BOf5mwTn6T2Cp80EeuoJI3OBMvsvT7DPspNYELJi4FQZ2S"
    "FBC8Dew8D29wmrIBwjad8O7vnlRalaMBcFtWAuMsknhArsnNwVRtC9RZWmtub85yUN+LJZ"
    "qYhphk6CmwXXRtSsthgOKFqzS3U8JdHGaK4zAITF0MJrJ0XuI+r10ssXRvEp1l4xM2jdW+"
    "4ZOBAYZC4ugFaCQvp+GjzYT6Tv54h8ANL3c5x8L+P7kcVKdhkkWjEMd5MI3MbNmd2juyDV"
    "6jME/XeFb9sGr4VoVfEQp2nhMN6Js4eZTe6GK8yRFY/nMibv0GTcO5+6t7e/jsbX78ASWt"
    "aKUO0Lnow+9Ids+pB7hNOLjXJc2XZuoYWgIcp0KypGG9HIMrQnYCdnXwiiZXRRAkbPp37/"
    "YYyMvFS3OqEyDfM05UXKfNuthyIETOijiMOZ76WAxpwxz16YSpqV5T0WiIk94Ja2yvdRpP"
    "pIr4T0SsjVaSNWp9IrcZx8l16Jp15wyLCJJwqbkHU721i3s2GLAlm2U5btlGU7A5SKZXiN"
    "EgOaDg0kKiBZJF9CkvYJmO0PfAY+MR6qFZqK08hBv/VBfxSl9sb9nwa3k/7Yr3XneY8E5f"
    "WSBfKa4bCWxfD2a8lzdoZlY2wlPAywSj2JwnvIQEhBgVvdUgnPO1RWENvC/Zmigiki8j3W"
    "TAmcCAdcMmXGVIToiMYi1GNUskBNJbS9EMsaOfoJwhYJkqdO0I+ib5PcqJGeH93qsDhRPj"
    "c/MQgrZ+bHUmGCjcIN93m7wX2aY3Fuvs+bcC7Gz8Osj1N89LYFpl1uh3fZGkFddARb4f6V"
    "k8Jt8KjPY9ve+TBseVP7WHa0N7RL8/eqmY0prh2c7yKKkTR5jVzXCb29o9xjioFNqgoI+9"
    "1biO5Z2X2Uom2UTFAiYUukaq7nGIk8oaiis+1Js8++/R+8PiWA")
