"""Words known beforehand: legal forms of companies, domains anybody can write from, names of desks."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Folded, as they are looked for.
EASTERN_FORMS = _words("""
    株式会社 有限会社 合同会社 合資会社 合名会社 相互会社 一般社団法人 一般財団法人 公益社団法人 公益財団法人 社団法人 財団法人
    特定非営利活動法人 npo法人 医療法人社団 医療法人財団 社会医療法人 医療法人 学校法人 社会福祉法人 宗教法人 地方独立行政法人
    独立行政法人 国立大学法人 公立大学法人 弁護士法人 税理士法人 司法書士法人 行政書士法人 社会保険労務士法人 監査法人 特許業務法人
    農事組合法人 管理組合法人 かぶしきがいしゃ ゆうげんがいしゃ ごうどうがいしゃ 股份有限公司 有限責任公司 有限公司 주식회사
    유한회사
""")
# These stand in parentheses; か) and ゆ) are the forms of bank transfers.
SHORT_FORMS = _words("""
    株 有 同 資 名 相 社 財 医 学 福 宗 独 一社 一財 公社 公財 特非 npo 弁 税 監 か ゆ ど 주
""")
WESTERN_FORMS = _words("""
    incorporated inc corporation corp company co limited ltd llc llp lp plc pllc pc kk gk yk k.k g.k y.k gmbh ag kg kgaa ohg ug mbh
    sarl sas sa s.a s.a.s s.a.r.l srl s.r.l spa s.p.a bv b.v nv n.v ab as a/s asa aps oy oyj pty pte sdn bhd pvt jsc ooo oao zao sro
    s.r.o doo zrt kft ltda l.l.c l.l.p l.p p.l.c
""")
FREE_MAIL = _words("""
    gmail.com googlemail.com yahoo.com yahoo.co.jp ymail.ne.jp ymail.com hotmail.com hotmail.co.jp outlook.com outlook.jp live.com
    live.jp msn.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de t-online.de mail.com mail.ru yandex.ru
    yandex.com proton.me protonmail.com pm.me qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net zoho.com fastmail.com
    tutanota.com hey.com hotmail.fr yahoo.fr yahoo.co.uk hotmail.co.uk orange.fr wanadoo.fr free.fr libero.it comcast.net
    verizon.net att.net sbcglobal.net btinternet.com docomo.ne.jp mopera.net ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp
    vodafone.ne.jp disney.ne.jp willcom.com pdx.ne.jp emobile.ne.jp ymobile.ne.jp y-mobile.ne.jp rakumail.jp rakuten.jp uqmobile.jp
    biglobe.ne.jp nifty.com nifty.ne.jp ocn.ne.jp so-net.ne.jp plala.or.jp dion.ne.jp infoweb.ne.jp asahi-net.or.jp odn.ne.jp goo.jp
    goo.ne.jp excite.co.jp infoseek.jp jcom.home.ne.jp hi-ho.ne.jp wakwak.com dti.ne.jp eonet.ne.jp tiki.ne.jp bbtec.net
""")
# Free mail whose customers sit one level below: taro@abc.ocn.ne.jp.
PARTED_FREE_MAIL = _words("""
    ocn.ne.jp so-net.ne.jp biglobe.ne.jp nifty.com plala.or.jp dion.ne.jp ezweb.ne.jp vodafone.ne.jp odn.ne.jp dti.ne.jp
""")
# Hosts that house many companies: a page there says nothing about who is the same company.
SHARED_HOSTS = _words("""
    facebook.com m.facebook.com fb.com twitter.com x.com instagram.com linkedin.com jp.linkedin.com youtube.com tiktok.com line.me
    note.com ameblo.jp ameba.jp fc2.com wixsite.com jimdo.com goope.jp sites.google.com docs.google.com google.com github.com
    wantedly.com linktr.ee hotpepper.jp tabelog.com r.gnavi.co.jp rakuten.co.jp amazon.co.jp amazon.com peraichi.com
""")
DESKS = _words("""
    info information contact contacts inquiry inquiries enquiry enquiries sales support help helpdesk service services office admin
    administrator webmaster postmaster hostmaster mail email noreply no-reply donotreply do-not-reply reply newsletter news press pr
    media marketing billing accounts accounting invoice invoices payment payments finance hr jobs job career careers recruit
    recruiting recruitment team staff hello orders order shop store customer customers cs legal privacy security abuse feedback
    reception toiawase otoiawase soumu somu jinji keiri eigyo eigyou eigyobu koho kouho saiyo saiyou hanbai kaihatsu uketsuke
    madoguchi jimukyoku jimu honsha shiten tenpo kikaku shomu gyomu gyoumu kanri daihyo daihyou support-jp
""")
