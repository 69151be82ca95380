"""Addresses inside others: each way of wrapping that is known, and none that is only a look-alike."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.identity import identify

PAGE = "https://bad.example.org/a_b-c/x?id=1&n=2"
SITE = "https://bad.example.org/x"
Q = quote(PAGE, safe="")
B64 = base64.urlsafe_b64encode(PAGE.encode()).decode().rstrip("=")
PROOFPOINT_2 = quote(PAGE, safe=":/").replace("-", "-2D").replace("_", "-5F").replace("%", "-").replace(":", "-3A").replace("/", "_")

TWICE = quote(f"https://linkprotect.cudasvc.com/url?a={Q}", safe="")

WRAPPED = {
    "Safe Links of the US": f"https://nam02.safelinks.protection.outlook.com/?url={Q}&data=05&reserved=0",
    "Safe Links of Germany, with its target by path": f"https://deu01.safelinks.protection.outlook.com/ap/w-59584e83/?url={Q}&data=05",
    "Safe Links of the US government": f"https://gcc02.safelinks.protection.outlook.com/GetUrlReputation?Url=x&url={Q}",
    "Safe Links of the US army": f"https://usg01.safelinks.protection.office365.us/?url={Q}&data=05",
    "Safe Links of China": f"https://chn01.safelinks.protection.partner.outlook.cn/?url={Q}",
    "Safe Links in Teams": f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={Q}&locale=en",
    "Outlook on the web, work": f"https://outlook.office365.com/mail/deeplink/safelink.html?url={Q}",
    "Outlook on the web, home": f"https://outlook.live.com/mail/0/safelink.html?url={Q}",
    "Exchange": f"https://mail.ministry.example/owa/redir.aspx?C=abc&URL={Q}",
    "Proofpoint 1": f"https://urldefense.proofpoint.com/v1/url?u={Q}&k=a&r=b",
    "Proofpoint 2": f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2}&d=DwMF&c=x",
    "Proofpoint 3": f"https://urldefense.com/v3/__{PAGE}__;!!AbC!dEf$",
    "Proofpoint 3, one slash": f"https://urldefense.us/v3/__{PAGE.replace('://', ':/')}__;!!AbC!dEf$",
    "Proofpoint 3, taken out": "https://urldefense.com/v3/__https://bad.example.org/a_b-c/x*id=1*n=2__;PyY!!AbC!dEf$",
    "Proofpoint 3, a run": "https://urldefense.com/v3/__https://bad.example.org/a_b-c/x**Ad=1&n=2__;P2k!!AbC!dEf$",
    "Barracuda": f"https://linkprotect.cudasvc.com/url?a={Q}&c=E,1,abc&typo=1",
    "Cisco": f"https://secure-web.cisco.com/1AbC-dEf_gh/{Q}",
    "Sophos": f"https://eu-central-1.protection.sophos.com/?d=example.org&u={base64.b64encode(PAGE.encode()).decode()}&p=m&i=x",
    "Trend Micro": f"https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url={Q}&umid=1&auth=2",
    "Symantec": f"https://clicktime.symantec.com/3AbCdEf?u={Q}",
    "FireEye": f"https://protect2.fireeye.com/v1/url?k=1&q=1&e=2&u={Q}",
    "Avanan": f"https://url.avanan.click/v2/r02/___{PAGE}___.YXA0dTp",
    "Check Point": f"https://protect.checkpoint.com/v2/___{PAGE}___.YzJlOm",
    "EdgePilot": f"https://link.edgepilot.com/s/abc/def?u={Q}",
    "Libraesva": f"https://urlsand.esvalabs.com/?u={Q}&e=1",
    "Horde": f"https://webmail.ministry.example/horde/services/go.php?url={Q}",
    "Zimbra": f"https://webmail.ministry.example/zimbra/h/redirect?url={Q}",
    "Google, another country": f"https://www.google.com.eg/url?sa=t&rct=j&url={Q}&usg=1",
    "Google, pictures": f"https://www.google.de/imgres?imgurl=x&imgrefurl={Q}",
    "Google, consent": f"https://consent.google.de/ml?continue={Q}&gl=DE",
    "Google, accelerated without s": f"https://www.google.com/amp/s/{PAGE.removeprefix('https://')}",
    "AMP cache": f"https://bad-example-org.cdn.ampproject.org/v/s/{PAGE.removeprefix('https://')}",
    "AMP cache, content": f"https://bad-example-org.cdn.ampproject.org/c/s/{PAGE.removeprefix('https://')}",
    "Google Translate, host": "https://bad-example-org.translate.goog/a_b-c/x?id=1&n=2&_x_tr_sl=ar&_x_tr_tl=en&_x_tr_hl=en",
    "Google Translate, old": f"https://translate.googleusercontent.com/translate_c?depth=1&u={Q}",
    "Bing": f"https://www.bing.com/ck/a?!&&p=abc&ptn=3&u=a1{B64}&ntb=1",
    "Bing Translator": f"https://www.translatetheweb.com/?from=ar&to=en&a={Q}",
    "DuckDuckGo": f"https://html.duckduckgo.com/l/?kh=-1&uddg={Q}",
    "Yahoo": f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={Q}/RK=2/RS=x-",
    "Yandex": f"https://yandex.ru/clck/jsredir?from=yandex.ru&text=&url={Q}",
    "Yandex Translate": f"https://translate.yandex.com/translate?url={Q}&lang=ar-en",
    "Yandex Turbo": f"https://yandex.ru/turbo?text={Q}",
    "LinkedIn": f"https://www.linkedin.com/redir/redirect?url={Q}&urlhash=abc",
    "LinkedIn, safety": f"https://www.linkedin.com/safety/go?url={Q}&trk=x",
    "Instagram": f"https://l.instagram.com/?u={Q}&e=AT0",
    "Threads": f"https://l.threads.com/?u={Q}&e=AT0",
    "Facebook, shared": f"https://www.facebook.com/sharer/sharer.php?u={Q}",
    "VK": f"https://vk.com/away.php?utf=1&to={Q}",
    "OK": f"https://ok.ru/dk?cmd=logExternal&st.cmd=logExternal&st.link={Q}",
    "Discord's proxy": "https://images-ext-1.discordapp.net/external/AbC/%3Fid%3D1%26n%3D2/https/bad.example.org/a_b-c/x",
    "Steam": f"https://steamcommunity.com/linkfilter/?u={Q}",
    "Steam, by path": f"https://steamcommunity.com/linkfilter/{PAGE}",
    "Telegram, instant view": f"https://t.me/iv?url={Q}&rhash=abc",
    "Telegram, shared": f"https://t.me/share/url?url={Q}&text=look",
    "X, warning": f"https://x.com/safety/unsafe_link_warning?unsafe_link={Q}",
    "Tumblr": f"https://t.umblr.com/redirect?z={Q}&t=abc",
    "Zhihu": f"https://link.zhihu.com/?target={Q}",
    "a hider of referrers": f"https://href.li/?{PAGE}",
    "escaped twice": f"https://www.google.com/url?q={quote(Q, safe='')}",
    "wrapped by two gateways": f"https://nam02.safelinks.protection.outlook.com/?url={TWICE}",
    "defanged": f"hxxps://l[.]facebook[.]com/l.php?u={Q}",
    "through an export": f"https://l.facebook.com/l.php?h=1&amp;u={Q}",
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_address_is_the_one_inside(name: str) -> None:
    assert identify(WRAPPED[name]) == identify(PAGE)


@pytest.mark.parametrize(
    "url",
    [
        f"https://web.archive.org/web/20200101000000/{SITE}",
        f"https://archive.ph/2020/{SITE}",
        f"https://blog.example/url?q={Q}",
        f"https://google.com.blog.example/url?q={Q}",
        f"https://notsafelinks.protection.outlook.example/?url={Q}",
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/url?q=/search",
        "https://urldefense.com/v3/__nothing__;!!A!B$",
        "https://urldefense.proofpoint.com/v2/url?u=ftp-3A__a.example_",
        "https://www.bing.com/ck/a?u=a1%FF%FE",
        f"https://www.google.com/url?q={quote('https://user:word@bad.example.org/', safe='')}",
    ],
)
def test_what_only_resembles_a_wrapper_stays_what_it_is(url: str) -> None:
    assert identify(url) != identify(SITE)
    assert "bad.example.org/a_b" not in identify(url).canonical_url.split("?")[0]


def test_an_address_wrapped_without_end_is_left_at_some_depth() -> None:
    url = PAGE
    for _ in range(9):
        url = f"https://l.facebook.com/l.php?u={quote(url, safe='')}"
    assert identify(url).canonical_url.startswith("https://l.facebook.com/")


@given(st.text(alphabet="_-*AB;!0=%/:.", max_size=60))
def test_no_text_inside_a_wrapper_raises(text: str) -> None:
    for start in (
        "https://urldefense.com/v3/__https://a.example/",
        "https://urldefense.com/v2/url?u=https-3A__",
        "https://url.avanan.click/v2/___",
    ):
        ref = identify(start + text)
        assert identify(ref.canonical_url) == ref
