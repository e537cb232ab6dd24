"""Answers of a given length as models write them: prose, dense mathematics, Chinese, code."""

from itertools import count

from glm_magic.chat.tokens import estimate_tokens

_PROSE = (
    "## {n}. What the table says\n\nGentoo penguins are clearly the heaviest of the three species: "
    "their mean body mass is 5,076 g, about 37 % above that of Adelie and Chinstrap penguins, "
    "which hardly differ from each other. Because the standard deviations are similar (504 g, "
    "459 g and 384 g), the difference cannot be explained by a few heavy animals alone.\n\n",
    "Two things should be kept in mind before this is taken further. First, the species do not "
    "live on the same islands: all Gentoo penguins come from Biscoe, all Chinstrap penguins from "
    "Dream, and only Adelie penguins were seen on all three. An effect of the island and an "
    "effect of the species can therefore only be told apart for Adelie.\n\n",
    "Second, **{n} rows have no sex**. They are not missing at random: five of them are Gentoo "
    "penguins with a low body mass, which suggests that young animals could not be assigned. "
    "Leaving them out raises the mean of the group by about 12 g, which is small beside the "
    "standard error of 46 g, but it is worth a sentence in the report.\n\n",
    "To go on, I would do the following:\n\n"
    "1. Compare the species within each sex, since males are heavier by 683 g on average.\n"
    "2. Look at Adelie penguins alone to see whether the island matters at all.\n"
    "3. Fit a linear model with species and sex, and check the residuals for outliers.\n"
    "4. Report medians beside the means, because *flipper length* is skewed in one group.\n\n",
    "In short, the difference between the species is real, large and robust; what lies behind it "
    "is a question that this table alone cannot answer, since island and species are tied "
    "together by the way in which the data were collected. If the years can be added, the "
    "comparison over time would be a natural next step.\n\n",
)
_MATH = (
    "### {n}. The estimator\n\nLet $x_1, \\dots, x_n$ be independent with mean $\\mu$ and variance "
    "$\\sigma^2 > 0$. The sample mean $\\bar{{x}} = \\frac{{1}}{{n}}\\sum_{{i=1}}^n x_i$ satisfies "
    "$E[\\bar{{x}}] = \\mu$ and $\\operatorname{{Var}}(\\bar{{x}}) = \\sigma^2 / n$.\n\n",
    "For the variance we expand the square:\n\n"
    "$$\n\\begin{{aligned}}\n\\sum_{{i=1}}^n (x_i - \\bar{{x}})^2 &= \\sum_{{i=1}}^n x_i^2 "
    "- n\\bar{{x}}^2 \\\\\n&= \\sum_{{i=1}}^n (x_i - \\mu)^2 - n(\\bar{{x}} - \\mu)^2,\n"
    "\\end{{aligned}}\n$$\n\nso that $E[s^2] = \\sigma^2$ with $s^2 = \\frac{{1}}{{n-1}}"
    "\\sum_i (x_i - \\bar{{x}})^2$.\n\n",
    "By the central limit theorem \\(\\sqrt{{n}}\\,(\\bar{{x}} - \\mu)/\\sigma\\) tends to a "
    "standard normal variable. With \\(|x_i| < c\\) for all \\(i\\), Hoeffding's inequality gives"
    "\n\n\\[ P\\left(|\\bar{{x}} - \\mu| \\ge t\\right) \\le 2\\exp\\left(-\\frac{{n t^2}}{{2c^2}}"
    "\\right), \\qquad t > 0. \\]\n\n",
    "Setting the right side to $\\alpha$ and solving for $t$ yields $t_\\alpha = c\\sqrt{{2"
    "\\ln(2/\\alpha)/n}}$. For $\\alpha = 0.05$ and $n = {n}00$ this is $t_\\alpha \\approx "
    "{n}.2\\,c/\\sqrt{{n}}$, wider than the normal interval $1.96\\,\\sigma/\\sqrt{{n}}$.\n\n",
    "- If $\\sigma$ is known, use $z = (\\bar{{x}} - \\mu_0)\\sqrt{{n}}/\\sigma$.\n"
    "- If it is not, use $t = (\\bar{{x}} - \\mu_0)\\sqrt{{n}}/s$ with $\\nu = n - 1$.\n"
    "- For $p < 0.01$ reject $H_0\\colon \\mu = \\mu_0$; else keep it.\n\n",
)
_CHINESE = (
    "## {n}. 数据说明了什么\n\n在三个物种中，巴布亚企鹅（Gentoo）的体重明显最大：平均体重约为 "
    "5,076 克，比阿德利企鹅和帽带企鹅高出约 37%，而后两者之间几乎没有差别。由于三组的标准差"
    "比较接近，这种差异不可能仅仅由少数较重的个体造成，因此可以认为结果是稳健的。\n\n",
    "不过，在进一步分析之前，有两点需要注意。首先，各物种并不生活在相同的岛屿上：所有巴布亚企鹅都来自"
    "比斯科岛，所有帽带企鹅都来自梦幻岛，只有阿德利企鹅在三个岛上都有记录。因此，岛屿的影响和物种的影响"
    "只有在阿德利企鹅中才能区分开来。\n\n",
    "其次，有 **{n} 行缺少性别信息**。这些缺失并不是随机的：其中五只是体重较轻的巴布亚企鹅，"
    "这说明很可能是幼鸟无法判断性别。去掉这些行之后，该组的平均值会上升约 12 克，与 46 克的标准"
    "误差相比很小，但在报告中仍然值得用一句话加以说明。\n\n",
    "接下来，我建议按照以下步骤进行：\n\n"
    "1. 在同一性别内比较各个物种，因为雄性的平均体重比雌性高出约 683 克；\n"
    "2. 单独观察阿德利企鹅，检验岛屿是否对体重有任何影响；\n"
    "3. 用物种和性别拟合线性模型，并检查残差中是否存在异常值；\n"
    "4. 除了平均值之外，同时报告中位数，因为有一组的鳍长分布是偏斜的。\n\n",
    "总之，物种之间的差异是真实的、显著的，而且是稳健的；但差异背后的原因，仅凭这张表还无法回答，"
    "因为数据收集的方式使岛屿和物种紧密地联系在一起。如果能够加入年份信息，那么比较不同年份之间的变化"
    "将是很自然的下一步。\n\n",
)
_CODE = (
    'The function for step {n}:\n\n```python\ndef summary_{n}(frame: pd.DataFrame, '
    'by: str = "species") -> pd.DataFrame:\n    """Mean, median and spread of the mass."""\n'
    '    known = frame.dropna(subset=["body_mass_g", by])\n'
    '    grouped = known.groupby(by, observed=True)["body_mass_g"]\n'
    '    table = grouped.agg(["count", "mean", "median", "std"])\n'
    '    table["share"] = table["count"] / len(known)\n'
    '    return table.sort_values("mean", ascending=False).round(2)\n```\n\n',
    'and a plot of the same:\n\n```python\nimport matplotlib.pyplot as plt\n\n\n'
    "def plot_{n}(frame: pd.DataFrame, path: str | None = None) -> None:\n"
    "    figure, axes = plt.subplots(figsize=(8, 5))\n"
    '    for name, part in frame.groupby("species"):\n'
    '        axes.scatter(part["flipper_length_mm"], part["body_mass_g"], label=name, alpha=0.6)\n'
    '    axes.set_xlabel("flipper length (mm)")\n    axes.set_ylabel("body mass (g)")\n'
    "    axes.legend(title=None)\n    if path is not None:\n"
    "        figure.savefig(path, dpi=150)\n```\n\n",
    "Check it with a small frame before you use it on all rows:\n\n```python\n"
    'sample = pd.DataFrame({{"species": ["a", "a", "b"], "body_mass_g": [1.0, 3.0, None]}})\n'
    "result = summary_{n}(sample)\nassert list(result.index) == [\"a\"]\n"
    'assert result.loc["a", "mean"] == 2.0, result\nprint(result.to_string())\n```\n\n',
)  # fmt: skip

_TABLES = (
    "The same for each group, with $s_k^2$ as above:\n\n"
    "| group | $n_k$ | mean | interval |\n|:---|---:|---:|:---|\n"
    "| Adelie | 151 | 3,701 g | $\\bar{{x}}_1 \\pm 1.96\\,s_1/\\sqrt{{n_1}}$ |\n"
    "| Chinstrap | 68 | 3,733 g | $\\bar{{x}}_2 \\pm 1.96\\,s_2/\\sqrt{{n_2}}$ |\n"
    "| Gentoo | 123 | 5,076 g | $\\bar{{x}}_3 \\pm 1.96\\,s_3/\\sqrt{{n_3}}$ |\n\n",
)

KINDS = {"English prose": _PROSE, "dense mathematics": _MATH, "Chinese": _CHINESE, "code": _CODE}
# An answer of headings, lists, code, tables and mathematics: a part of each kind in turn.
_MIXED = tuple(
    "".join(parts[turn % len(parts)] for parts in (_PROSE, _MATH, _CODE, _TABLES))
    for turn in range(15)
)


def long_text(kind: str, tokens: int) -> str:
    """An answer of this kind with at least so many estimated tokens; whole paragraphs."""
    return _long(KINDS[kind], tokens)


def mixed_text(tokens: int) -> str:
    """One with at least so many, a part of each of these kinds in turn."""
    return _long(_MIXED, tokens)


def _long(parts: tuple[str, ...], tokens: int) -> str:
    text = ""
    for number in count():
        if estimate_tokens(text) >= tokens:
            return text.rstrip()
        text += parts[number % len(parts)].format(n=number // len(parts) + 2)
    raise AssertionError
