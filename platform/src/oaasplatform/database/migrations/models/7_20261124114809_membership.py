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
    "eJztXW1z2za2/isYfUky4/XEdpx00707I9tKq8aRcmW53W7dUSESErkmCRUkrWr25r9fAH"
    "wnQZqkJYqi8MWWQBwSeg54cHBwXv7bM7GKDPu0bywx0R3N7H0E/+1Z0ET0Q/biCejB1Sq6"
    "xBocODd4bxh0481wbjsEKg69soCGjWiTimyF6CtHxxbr37dASPI9eEQrB7zWLUqiP6E3YK"
    "0heh0QtCDI1oCFgYGtJSJgoVuqDXTnBMyRAl0bAfQXUlx2VxuwkdNrp2wEKlboEHRr2cTD"
    "XEv/00UzBy+RoyFCH/nbbz2CVtjWHUw2rAtH9fff6Sd6U3obm3ViX1ePs4WODDWBva4yGt"
    "4+czYr3nalL4eW84n3ZT9wPlOw4ZpW1H+1cTRshQS65bDWJbIQgQ5iT3CIy3hhuYbhMy5g"
    "j/cToi7eKGM0KlpA12AcZdTeAKK23mw2Gk9nd4PpbNbLcDugiPHEb1IolHSm0KHaHIAlG8"
    "Lf/n5+fnHx4fztxfvvLt99+HD53dvvaF8+3uylD9+8wURoebfimA1/GI6mbECYTkdvprKG"
    "b5wGOtCj4syI0FcIYnjNoJPlwg294ugmEvMhSZnih+qTngYf0twJeFHEnqAh4k/0gjXBIP"
    "oD1bFlbPyJUYD9dPhlcDftf/nKHmfa9p8Gx68/HbAr57x1k2p9/f5NklnhTcAvw+mPgH0F"
    "/x6PBhxebDtLwp8Y9Zv+u8fGBF0Hzyy8nkE1NoeD1gA12jMh73T6O+qwPUUq+d4WvgcYxR"
    "jvjz7iO5X7iCBLQVmuT9FfOQI3QZTiN8XtADlcxNHBv6YJZo5+7k+uf+xPXn/p/+tNgqG3"
    "49EPQfeIm6Pr2/EVF7oR7Px/BvFrDRIx4kH/ToDdM+FfMwNZS0ejX8/fvi1AP8Ca9kq9JA"
    "Ebzr1rSXyfELHZqCpAHCPpIMpnpVA+K0D5LItyfGQVxEeKrBNoNy1AdGvlOjNb0ZAJs9j/"
    "dDce5ejKKbr0aq0rDvg/YOh2Rns+bCYwRIqZkMY7tdayG6SZgF2nHhcyhJINL2ADIgSTGl"
    "xI00kmvIQJf0FzZSC7EgNiNBL8F4DvGXMEVhOMDQQtMfoRUQr7OaXaFeiBPaVZ0K/G49sE"
    "6FfD9Bp7/+VqQBUgzgHaSXcS5pL4hikwbM2q2qkypM+brA5grjdntWIGw8Wj0GiVNDcmWf"
    "IJE6Qvrc9ow9kypKOH4r2rb/SdJG52YOz4Fsy6oDV66Qhch9bW7GSkONBfj7x5f92/u+7f"
    "DHoc8zlUHteQqLME+OwKPseplrBv9pJ5bqZboAWXHCL2W9jIfQ7cYMU1keV8hcTpCczyie"
    "snRZZ51e85W9GuJa3zd9hEAC+AoyEw3zjIZl8gMCBZIhDc8BQEg7CBBp8Q660ToKt2QGoj"
    "OiHoRAu+R+bzrI2+mUcKLPVlbfIhjlWFXopwOyJPmul7K3/qJzmRy4age5eWnPOzdx/efX"
    "fx/l0IfNhShHd2TZ9jVbBuXOkWJBsxnAFFWnNir+4BAlo0O30VNFSdqLp6NRz1J7+KzRdX"
    "ApX16tfpoC9awPe7utyvDAyTYk7co9wK4/LOZU+AU7KdimvoAN1mB7Ch1H5lgw1yPgJ9QZ"
    "sdjXIQKHSh4OKeHczqdCHg6xqAhAr/NTvahWu4EZwB7/xxL1hbdnXeK1eSUiuJg11Fq3Xy"
    "l6SUB39tOfjLO/BtifwdUGaqg0DqiORvqkeh/A3F10zT7WDTVsoFJ6QMpSF+QoTKPwdYiH"
    "4CigatJbJPAdtn6KwnUql6Dghv5mJRtU+Ajb0bYEMFtIsNlhjoFvsI6CjwIxL65DT79OfF"
    "82+RF5Ovq9O/tM9vPddGJNWk+5voVHPMA+R3pmBFE6JH+zso6kvZtqKTmZ24hRMmMiWmOD"
    "qjv8Nl7GZ898VLj9+DMpl9Ab/8OJgMAH8G+Mc/wSvbVRSE6CR61fuWGsgcOooWbmMs3Y4k"
    "WJ2h8ds9N7DgmWB4B6hcAqP721tvby0XxPYtiNID6lgWROkB1W2+l/GASq965cVumrJLtp"
    "VGRLCICVU9o7KUnfAnacBHKkKuhreUkLg55Hu9RnDfideUPEFshcgh7KzEZtpaajNThR05"
    "t6jFFl9JOW6uxPaaZUVRjKSWAGob7ruX/CuiM+EtOPO4M6Fh5B8ixeiakzxvdzvBL84/vA"
    "+nNPtSNInvvvRvb7OzlrGMuJZFHzcLNPyUE4KBYQ6qIuIUugtGfXhTuQDIm/H91e0AfJ0M"
    "rod3Q98lKtwW8IusKfLEmQz6twLUoeMgc+UI3M6Kp3KatrnpfN7+6ew5CWvQ1qqdiibpap"
    "6NHs4c3ubRaOI4OmGhLKuMxKmk/lFX/wjN1FntY2C5ZsaDLMGCkLjNW9DeNRWl08HNR+Bb"
    "Kx+s/70f3LMG+liXfb+b9ifT4eiHj8yiThzKpQdrcj8a8SZ/qaK97q+vB4MbRhia2x+sT/"
    "3hLWtaQN1g36/7o+vBLW9SGGgGb2V2m5vZ+H5Kpx1d8tQZdp30IUk59aiUdlSgHGV2xd6i"
    "kJ0C+WagiKIzStHWXGsMbNsip/Di1Tmi6gyi21mXa25U5fZ0S8tDCKQPltBq9jwbktQdYs"
    "fW5IaqL5EtkML5ZoCIQloBSlkB/nSxUyleKiR4UaxOy4BuOlTHRlTtqjSxI4ruTez370rM"
    "6/fvcqc1u5S2bWEGvz0z6R+4rJTXQETbBcybDk4OcVwwHyzhGllgDxNSS4NYCYOYbimuOU"
    "eWQLwURYTHiKRkf2EYchXkQwKJen3UlZVb3eQeJ5KSpYRk8RMWhDbc8lvPNGWHNjsN7z3R"
    "U534uzhVc8aUs04h79lFazgGJgi34BbYsvfgcL0As+6f3NJdi8lJSsnlNnM55fBfhc0pUs"
    "nntvG5LdFNhYFNFWOayucTzoYTWdiJQorWUHfsE3Z4R/9iAjRoAwMtHGBjE3mxnpSURXgG"
    "RuqSQUvbeMrzwUmJCJ6MFySB1iP7XyF+x57xtZmj/mxE0f+AV95Kno0mip+slH92lHrn+Y"
    "cPR+D1q+Ac9tUJeOUfwL56s6XBEGQgaD87Gr/bbIUslU2I3cRV2QcVUCUzSst4qmOMq5Hx"
    "VMfJdxlP1WoRLOOp8tkg46lkPFUGdRlPJeOpus0VGU8l46kOz9FVxlPJeKqyeMt4qq7MYR"
    "lP1T39Q8ZTyXgqGU8l46laui7LeCoZT9Vmdsh4qsOxAsh4qp6Mp5LxVDKeqniOy3iqRhgh"
    "46kOXbLLeKp9oC7jqWQ8VeM6jIynegZ8GU8l46na7AUo46mOk8synuo4+BxE2JTWCAOCmt"
    "pgvROH012dOexYG2RhU8xbhSBoizb3+RaWLKW0r1S3r1iYKtRogYlg11MsxJKUUoa1WYZp"
    "0FKNSvbLiEK+VTWsltgwaugFMTL5PrX5fVIRVA3dQjV4nCKVfG4zn9OBvxleX2FMe1h5Pv"
    "0Z6rQjIyXflUoYtjTsyTge3ybYezVMC8z7L1eDyeuzN0nlUOBAx2IifOe48laqOFVzVqq/"
    "7dgXtwEzVduSSFzxaPiiTBJXQbx8mRK53KkVlcwqET7C9rI9rBEr++3OTd2h8yYoMusH7Z"
    "yCocPzPfDsDiorT+toSCcgmIp+pVra5NUPh4YBNH2pIZLNNNHok2Xl8ja/kCdAJhY4ngDz"
    "MokFZEhbA85sBrSrn43FiOSxZP2ICbxaIQHy+Y4PMRLp+vAC1wfsWqLIt3zgIwqJezXc26"
    "ZnD9ixfqGe7fUoqWdzL4GSavYvTMNVNGjREZ6ABSZghfDKQGCtYbBmCvv34I8/Ar+DP/4A"
    "3qwDC4JNcMaUYQQVLUrNllWnt/6EB+vBmmoILKhK7QBOCKClMiUbWGhNlXKuoCvQAnMEHG"
    "yo3r3Y9SiFHNXXkbH4nnY1NnQodIyGjmxK4awRslhyOSrYCFJfqqVHbKns7JGilJr7ljT3"
    "Q/K96Qgz5LbpuLdNtgVXtoYr+TLHaV6k4bSNz8eo4gxZNoFCFcfrUVLF4ckJSqo4/MaAss"
    "U1uarAbHVUOzDRR64SzLG6YWY7CGwWxsp0hxN+wbPmQWBAskSsOavbbPfWUss4vIUtX8tg"
    "zBexIj/jRkAhc23UzLURvIiVX4IUobQfHfKp1S1eFi407HrJZcbAyyr7aCbaiWuBNcEO7f"
    "OIVnRNWDiIsGUB0Xmg5myPSxLKBeLQ3o1WLRAHpAdvc4Vom3wa8yCqQhHldykppbyorJKC"
    "yrv1btThLd9bijsp7qQ+LPXhA3sJWrLeDFVkrqg6aSmbz2gjWm5SPQpXGz3qO3tEm7KlgT"
    "y/KV52xXOmMuEGKNhEAC4pawRlfspQvGBheEQCIZTvu+F3304KwP0uAkm3jcvLMm4bl5f5"
    "bhvs2jPnLC1bhLMSqKurcCYxeo38r2lKuemouwzLI6/8l6JbR15tWfqDnLaiRT+W77Zguf"
    "d7lV7nVbQy8Ibv+vhOLipucQr6X4d0E2gYNlgT3UF8x+euVoiV6DMW3g6QIDozFN2gjeyr"
    "gdci1+wdPqeFjtiywJv0w5bSVRZ4Oxa+CwICMwXeqlYU224dsTbt4HbheB8fWQbk/FD1FF"
    "kHKoc1Hq7uEvqi1K5VECNvdbWCu8Hk5+H14COwEXnSFfRgTSfD/i17j3RopNW9cq9Bqbeg"
    "Qs0A3RQmms0XMSFBm6GvKWXO3pYtmldYNS8raJrOCN5umHdUGAw7WPHC28uiHKfpIM6XZW"
    "C+zEf5UrBiBvvRLMz5rq1JquadW3v/WLgWT8cM5q5uOHS7f8oe+889rKc7iabaUzr8ts3+"
    "pmFnw1EEb0Jhko6ISObmqJKbg6qC6lx0pF4Mdkgl0a6ANh2cTkSBseUU9Bh5m5fVnqAw2H"
    "T89SsvC+bF+T5Y/au7wWj6EcC57S9g+1faCXrSxVWvC+r9RiSdyaW8tZI9rPqdKwhHLl87"
    "zxWFJrdrtn8djG74bPfzQ+UUyxv0b36lbwSC6oZ9i/rQlTDsxd8Tn5K+KDnvTrqg3mTwZf"
    "yzfy8TP/k5qtrwPlVNBiqTgL7E/oOsBSZKtcQLcRq5hdi6LlurKNwWasHV4sahVJCkP8qZ"
    "1VisM3QSWiG0FTMTRSRdENoN2NTmLJukSyrZ1OI03YP5ohTMFwUwX2RhhqrKioaJytPkr4"
    "cJIrkgbn1BZI4zLiHMBbiC5E5RyZ1WpqgypNNG85JjVsA1TSaBTQOLXWeGFzOTbqxIVTNZ"
    "hlYayyoYy/x9sUB6F1hjIhKp22UBdcimhqtTnE7mOW+PW1PWn01WrDoGLnMbYq33OKKTHG"
    "43hwN/9MpBTxlSmWXuZXGXIq5kWfIJE6Qvrc9okznTSDHAj6CYJG52YOz4Fsy6oDUSBwSu"
    "w+CG7GSkONBfj4IyYnfTyfCaor6fAJcvyJwjYmv6qicIcYldPSkKcjHDfqWTvOiKBkxoO3"
    "74iEVvyrP//wfrFktvignLHMq+USacAp7chTbgxQIRpII5YpGsNniChq6CtYYsfhv/juxG"
    "kAojcZqYJh8tg2FaLOdOgAyGOZ6gCBkMc5x8F2ibmWAY5mZRO2YgJG61i8ZP46HnkOQvbA"
    "8Wa2EuFN6692DdDvqeB4WBYHscKLx1tepRUZKqzYxp02lRgFq1w88kVQcP5s7LIH2eD/R5"
    "Gmemclbe1caIZBqhampevA4fNOgaLUxeU5TDI0kn82jVTOBB8ctJoFKYOSgvdUoHhMv7dy"
    "WEy/t3ucKFXUqd1nn71Mo4p+kk1s9jrSFmgam+WYjTSTN0ezYG2R2hQ7DLQM4wON+BN0bS"
    "hXeoCQ/elqT7GdF/PYEdlLefFFlAmXJWtoqCiixHdzZ+hVNuf2SFm1xes8mE5NFmtZgInT"
    "qULSzvqwkfkc3qN0ELUFmmCwsobOuu0mLZalVWWiyPx3IlLZbHyfcyFsuKNpqXGGdaJmx3"
    "bJtxhcje3w9vcpAVQ8uaTxnVrl6bmJc0fxb7824fLtIexN6rEJ/k/Men7F57zTm1b2Eks0"
    "5l5vAeputOog7xmoJTydgSEHQA7AYmth+RUgXhGEkXduHprOMXZUC+vCjIOn6RSXOEiUCH"
    "zN29Bd07dBixNTdzljyXmSRmFTHN0Elws+A6iJjVDA0BRWfiIY6n+MYELXUKgLDsRnjtpM"
    "g0R7xeevkU3D7FxiubAe1Hm1dbh8DAS3GpjRIU0q7W4sl+Iu1qR2RfkXa14+R7GbuaTIu9"
    "Swezil580n2vEroarpYJOOi/K3y7NnltRKqKhzhNB6fxTow9VG3ih9kwR1Y875GdvEObce"
    "997d/d/TKe3HwEK2jba0zUB2s6/jwY0dcHPyIrvdnYjxO25/4o2oU85zIpYIAseLatKsuC"
    "uExdlOrnyqf+9HmCjLykanWCMltmacqLyfy2WwtFCJjQRhGHM99KAY0lZZ6jmbM0K8tbLH"
    "h4Ii+ikG+jSPWRVglplZC701bsTqVV4jj5Lq0S+95wSLeJPblNyApRXawQ1bJNgSwQtQ+c"
    "ZYGoI0lmq+rQQKJSRUXyJSTpnoDZ/sSn4GPjqVpJgziNnPRbn/RHUdRlMvhheDcdTPyqKp"
    "71SFDIJVmKpR0Ga1l2pVlNnrEzTFDuzOhPVlw25iqZiwvvIR0hBaXUdFvBLKZztoaWIzyf"
    "KUrNLSJvMDt3YEQ44OTcC7pECHIsFKIeo5Kp0Cuh7blY1sgGmyDskCDZdyrYyPs2yY0aiW"
    "CjWx0WJ/JOHE8yWWATk7ByDthYKExwUPjCc95+cJ/2aJwvP+dNGBf9afdCnOKztysw7fI4"
    "vE/3CIrWExyF+1dOCo/Boz7PHXvnw7DlQ+1jOdF+oV6af1ZNdUxxlbp8E1GMpM175LpG6M"
    "vLUuF7lwXhe5eZGMnVqgrCfvcOontW9hyl6Bgl45SI6Rapmuk5RtK8CW4/toWtGdv2Gn32"
    "7f8Bf3hLeA=="
)
