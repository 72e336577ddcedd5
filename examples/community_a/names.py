"""Names as they are given: strangers share the common ones, and a few break systems."""

from random import Random

from examples.community_a.wordlists import words

SURNAMES = words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 罗 高 梁 郑 谢 宋 唐 许 韩 冯 邓 曹 "
    "彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金 "
    "石 廖 贾 夏 韦 付 方 白 邹 孟 熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 "
    "欧阳 上官 司马 诸葛"
)
"""From frequent to rare."""

_ELDER = {
    "1": "建国 国华 志明 德明 永福 光荣 树林 长寿 国强 大勇 文清 世昌 兴发 云贵 学文 福生",
    "2": "秀英 桂英 玉兰 秀兰 淑芬 桂兰 素珍 玉珍 淑华 凤英 琼芳 光碧 世芳 素芬 桂华 玉华",
}
_MIDDLE = {
    "1": "伟 强 勇 军 涛 刚 平 辉 波 斌 建军 志强 建华 小军 永强 志刚 晓东 海涛 国庆 光明",
    "2": "芳 敏 丽 静 艳 娟 霞 燕 红 梅 玲 小红 丽华 晓燕 红梅 春燕 雪梅 小琴 秀琴 利群",
}
_YOUNG = {
    "1": "杰 鹏 浩 超 宇 磊 俊 浩然 子轩 宇航 俊杰 志豪 梓豪 一鸣 天佑 思远 博文 嘉豪 明轩 子涵",
    "2": "娜 婷 雪 倩 颖 琳 悦 欣怡 梓涵 诗涵 雨桐 佳怡 思琪 可馨 雅婷 梦洁 若曦 语嫣 子涵 依诺",
}
_FIRST = "文 志 永 国 建 德 世 家 明 晓 春 海 立 子 思 雨 佳 天 云 金 成 学 光 正 宗 启 泽 锦 书 一"
_SECOND = {
    "1": "华 明 军 林 峰 龙 成 辉 平 生 良 凯 东 亮 飞 阳 元 康 松 武 祥 宏 文 安 恒 川 洲 琦 瑞",
    "2": "英 芳 琴 兰 萍 蓉 琼 慧 莉 芬 容 珍 华 云 婕 怡 琪 萱 菲 瑶 莹 蕾 洁 彤 岚 娟 秀 芸 妍",
}
RARE_GIVEN = ("𠮷", "国𠮷", "𠮷祥", "喆", "燊", "犇", "㛃", "赟", "翀", "媜")
"""Given names outside everyday fonts; the first three lie beyond the BMP."""

_MINORITY = {
    "05": ("阿依古丽 古丽娜尔 艾力 买买提 阿不都拉 热依汗", "买买提 吐尔逊 艾山 玉素甫"),
    "07": ("阿木 日歪 木呷 阿依 子各 拉博", "吉克 吉木 阿苏 沙马"),
    "04": ("多吉 卓玛 扎西 央金 次仁 拉姆", "泽仁 格绒 益西 罗绒"),
}
HONGKONG_NAMES = ("陈家豪", "黄咏诗", "何嘉敏", "林志颖", "郭俊贤", "蔡依琳")
FOREIGN_NAMES = ("ANNA KOWALSKA", "DAVID MILLER", "NGUYEN THI HOA", "IVAN PETROV")


def surname(rng: Random) -> str:
    """One surname, the first of the list far more often than the last."""
    if rng.random() < 0.6:
        return SURNAMES[min(int(rng.paretovariate(0.75)) - 1, len(SURNAMES) - 1)]
    return rng.choice(SURNAMES)


def given(rng: Random, sex: str, birth_year: int) -> str:
    """One given name of the generation: four in ten are the ones everybody has."""
    if rng.random() < 0.4:
        pool = _ELDER if birth_year < 1962 else _MIDDLE if birth_year < 1990 else _YOUNG
        return rng.choice(pool[sex].split())
    first = rng.choice(_FIRST.split()) if rng.random() < 0.8 else ""
    return first + rng.choice(_SECOND[sex].split())


def minority(rng: Random, ethnicity_code: str) -> str:
    """A name of two parts joined by the separation dot U+00B7."""
    own, family = _MINORITY[ethnicity_code]
    parts = rng.choice(own.split()), rng.choice(family.split())
    return "·".join(reversed(parts) if ethnicity_code == "07" else parts)


def surname_of(name: str) -> str:
    """The family name in front of a Chinese name."""
    return name[:2] if name[:2] in SURNAMES else name[:1]
