"""Names as a large population has them: few common surnames, many given names, some very common."""

import numpy as np
import polars as pl

from examples.community_a.wordlists import words

SURNAMES = words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 "
    "彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 "
    "石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 雷 段 龙 陶 黎 史 贺 毛 郝 顾 龚 邵 "
    "万 覃 武 钱 戴 严 莫 孔 向 欧阳"
)
"""From frequent to rare."""
FIRST_SHARES = (
    7.2, 7.0, 6.8, 5.4, 4.5, 3.1, 2.2, 2.1, 2.0, 1.9, 1.7, 1.6, 1.3, 1.2, 1.2, 1.1, 1.1, 1.1, 1.0,
)  # fmt: skip
"""Percent of the people with each of the first surnames; the others share the rest evenly."""
COMMON = words(
    "伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 建国 玉兰 志强 "
    "建华 淑芬 婷 建军 浩 宇 欣怡 梓涵 子轩 浩然 雨桐 俊杰 国强 海燕 桂兰 红梅 玉珍 晓燕 小红 "
    "文 林 斌 鹏 辉"
)
"""Given names that three in ten share, the first far more often than the last."""
FIRST = list("文志永国建德世家明晓春海立子思雨佳天云金成学光正宗启泽锦书一玉秀淑桂凤丽红素琼")
SECOND = list(
    "华明军林峰龙成辉平生良凯东亮飞阳元康松武祥宏安恒川洲琦瑞"
    "英芳琴兰萍蓉慧莉芬容珍婕怡萱菲瑶莹蕾洁彤岚芸妍"
)


def surnames(rng: np.random.Generator, rows: int) -> pl.Series:
    """`rows` surnames."""
    rest = (100 - sum(FIRST_SHARES)) / (len(SURNAMES) - len(FIRST_SHARES))
    shares = np.array([*FIRST_SHARES, *[rest] * (len(SURNAMES) - len(FIRST_SHARES))]) / 100
    return pl.Series(SURNAMES)[rng.choice(len(SURNAMES), rows, p=shares / shares.sum())]


def given_names(rng: np.random.Generator, rows: int) -> pl.Series:
    """`rows` given names: three in ten of the common ones, else one or two characters."""
    weights = 1 / np.arange(3, len(COMMON) + 3)
    common = pl.Series(COMMON)[rng.choice(len(COMMON), rows, p=weights / weights.sum())]
    second = pl.Series(SECOND)[rng.integers(0, len(SECOND), rows)]
    first = pl.Series(["", *FIRST])[
        np.where(rng.random(rows) < 0.85, rng.integers(1, len(FIRST) + 1, rows), 0)
    ]
    frame = pl.DataFrame({"common": common, "built": first + second, "u": rng.random(rows)})
    return frame.select(pl.when(pl.col("u") < 0.3).then("common").otherwise("built"))["common"]
