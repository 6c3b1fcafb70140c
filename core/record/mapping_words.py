"""What the columns of other people's tables are called, in English and Japanese, and which of our fields they mean.

The words are those of well-known systems' exports and of hand-made lists. A heading may stand under several fields; the
field that lists it earlier wins when a module has both.
"""

_WORDS = """
family_name: 姓|苗字|名字|氏|ファミリーネーム|ラストネーム|担当者姓|お名前(姓)|氏名(姓)|姓名(姓)|名前(姓)|last name|lastname|last|
    surname|family name
given_name: 名|下の名前|ファーストネーム|担当者名(名)|お名前(名)|氏名(名)|姓名(名)|名前(名)|first name|firstname|first|given name|
    forename
family_kana: セイ|せい|姓カナ|姓(カナ)|姓かな|姓(かな)|姓フリガナ|姓(フリガナ)|フリガナ(姓)|ふりがな(姓)|カナ(姓)|姓読み|
    last name kana|last name (kana)|phonetic last name|last name phonetic|family name yomi|family name kana|
    surname kana|yomi last name|phonetic family name
given_kana: メイ|めい|名カナ|名(カナ)|名かな|名(かな)|名フリガナ|名(フリガナ)|フリガナ(名)|ふりがな(名)|カナ(名)|名読み|
    first name kana|first name (kana)|phonetic first name|first name phonetic|given name yomi|given name kana|yomi first name|
    phonetic given name
full_kana: フリガナ|ふりがな|カナ|かな|読み|よみ|ヨミ|氏名カナ|氏名(カナ)|氏名フリガナ|お名前(フリガナ)|名前(カナ)|カナ氏名|kana|
    full name kana|name kana|phonetic name|yomi
full_name: 氏名|姓名|名前|お名前|フルネーム|担当者氏名|担当者名|ご担当者名|ご担当者|先方担当者|連絡先名|見込み客名|リード名|顧客氏名|
    顧客名|full name|fullname|name|contact name|lead name|person name|display name|contact person|customer name
salutation: 敬称|salutation|prefix|name prefix|honorific
company: 会社名|会社|企業名|企業|法人名|貴社名|御社名|勤務先|勤務先名|組織名|組織|団体名|所属|所属先|社名|取引先企業|屋号|店舗名|
    company|company name|organization|organisation|organization name|organization 1 - name|employer|business|business name|
    associated company|firm|company / account|account name
account: 取引先|取引先名|取引先会社|顧客企業|顧客会社|顧客|関連会社|account|account name|associated company|primary company|
    parent account|client|customer|company|company name|会社名|会社
name: 名称|案件名|商談名|取引名|商談|案件|件名|取引先名|会社名|企業名|法人名|社名|組織名|商品名|キャンペーン名|name|deal name|
    opportunity name|opportunity|deal|account name|company name|company|campaign name|product name|subject|顧客名
title: 役職|役職名|肩書|肩書き|職位|職種|職務|ポジション|title|job title|jobtitle|position|role|designation|occupation|
    organization 1 - title
department: 部署|部署名|部門|部門名|所属部署|課|部課|department|dept|division|team|department name|organization 1 - department
email: メール|メールアドレス|メアド|eメール|eメールアドレス|電子メール|電子メールアドレス|会社メール|勤務先メール|pcメール|
    連絡先メール|email|e-mail|mail|email address|e-mail address|mail address|primary email|work email|business email|email 1|
    e-mail 1 - value|contact email|lead email
email2: メール2|メールアドレス2|サブメール|セカンダリメール|セカンダリのメール|セカンダリーメール|第2メール|メール(その他)|
    その他のメール|予備メール|個人メール|携帯メール|email 2|e-mail 2|secondary email|secondary e-mail|alternate email|
    alternative email|other email|additional email addresses|personal email|e-mail 2 - value|e-mail 2 address|email2
phone: 電話|電話番号|tel|TEL番号|お電話番号|代表電話|代表電話番号|会社電話|勤務先電話|勤務先電話番号|電話番号1|連絡先電話番号|
    固定電話|phone|phone number|telephone|telephone number|business phone|work phone|office phone|main phone|phone 1 - value|
    company phone|direct phone|直通|直通電話|連絡先
mobile: 携帯|携帯電話|携帯番号|携帯電話番号|モバイル|スマホ|スマートフォン|mobile|mobile phone|mobile number|mobile phone number|
    cell|cell phone|cellphone|cellular|phone 2 - value
fax: fax|ファックス|ファクス|ファックス番号|fax番号|勤務先fax|fax number|business fax|facsimile
website: webサイト|ウェブサイト|サイト|ホームページ|hp|url|会社url|サイトurl|ホームページurl|website|web site|website url|web|
    homepage|company website|company domain name|ドメイン|会社のドメイン名|domain
source: 見込み客のデータ元|見込み客ソース|データ元|リードソース|リード元|流入元|流入経路|経路|獲得経路|獲得元|集客経路|きっかけ|媒体|
    問い合わせ経路|情報源|ソース|オリジナルソース|lead source|source|original source|original traffic source|origin|channel|
    how did you hear about us|referral source
status: ステータス|状態|状況|リードステータス|リード状況|見込み客のステータス|見込み客ステータス|対応状況|進捗|status|lead status|
    state of lead|contact status|lifecycle stage|ライフサイクルステージ|進捗状況
rating: 評価|ランク|見込み度|確度ランク|温度感|重要度|顧客ランク|rating|rank|lead rating|priority|hotness
industry: 業種|業界|産業|業種名|業態|industry|sector|industry type|business type
employees: 従業員数|社員数|従業員|社員規模|人数|従業員規模|employees|number of employees|no. of employees|no of employees|
    employee count|headcount|company size
annual_revenue: 年間売上|年間売上高|年商|売上高|売上|年間収益|annual revenue|revenue|turnover|yearly revenue|sales
postal_code: 郵便番号|〒|郵便|郵便番号(勤務先)|zip|zipcode|zip code|postal code|postalcode|postcode|post code|
    zip/postal code|mailing zip|mailing zip/postal code|mailing postal code|billing zip|billing zip/postal code|billing code|
    billing postal code|business postal code
region: 都道府県|都道府県名|県|府県|州|都道府県/地域|州/地域|地域|都道府県(勤務先)|state|province|prefecture|region|state/province|
    state/region|mailing state|mailing state/province|billing state|billing state/province|business state|county
city: 市区町村|市区郡|市町村|市|市区|市区町村名|市区郡(勤務先)|郡市区|区市町村|city|town|city/town|mailing city|billing city|
    business city|locality
street: 番地|町名|町名・番地|町名番地|町域|丁目番地|住所|所在地|ご住所|住所1|会社住所|勤務先住所|丁目・番地|町域・番地|以降の住所|
    street|street address|address|address 1|address line 1|mailing street|billing street|business street|mailing address|
    billing address
building: 建物名|建物|ビル名|建物名・部屋番号|マンション名|住所2|ビル・建物名|方書|建物名等|番地以降|building|address 2|
    address line 2|suite|apartment|unit|building name|floor
country: 国|国名|国/地域|国・地域|国名(勤務先)|country|country/region|country/territory|mailing country|billing country|
    business country|nation
x_handle: twitter|x|x(twitter)|x(旧twitter)|旧twitter|twitterid|twitterアカウント|ツイッター|xアカウント|xのid|x handle|
    twitter handle|twitter username|twitter id|x (twitter)|x (formerly twitter)|twitter account|x account|ツイッターid
facebook: facebook|フェイスブック|fb|facebookアカウント|facebook url|facebook page|facebook company page|facebook id|
    フェイスブックページ
linkedin: linkedin|リンクトイン|linkedin url|linkedin profile|linkedin profile url|linkedin company page|linkedin bio|
    person linkedin url
instagram: instagram|インスタグラム|インスタ|instagramアカウント|ig
line: line|ライン|line id|lineid
skype: skype|skype id|スカイプ
email_opt_out: メール配信停止|メール配信拒否|メールのオプトアウト|メールオプトアウト|配信停止|配信拒否|メルマガ配信停止|メールの除外|
    オプトアウト|メール送信除外|email opt out|email opt-out|opt out|opt-out|unsubscribed|unsubscribed from all email|do not email|
    has opted out of email|すべてのeメールから登録解除
do_not_call: 電話拒否|電話不可|電話連絡不可|do not call|no calls
description: 備考|説明|メモ|摘要|コメント|特記事項|詳細|内容|お問い合わせ内容|問い合わせ内容|自由記述|その他|ノート|備考欄|
    description|notes|note|memo|comment|comments|remarks|details|message|more info|about us
owner: 担当者|担当|担当営業|営業担当|営業担当者|弊社担当|弊社担当者|自社担当者|社内担当|所有者|見込み客の所有者|見込み客 所有者|
    連絡先の担当者|連絡先の所有者|取引先の所有者|取引先 所有者|取引の担当者|会社の担当者|商談の所有者|商談 所有者|リード所有者|
    レコード所有者|責任者|owner|record owner|lead owner|contact owner|account owner|opportunity owner|deal owner|company owner|
    assigned to|sales rep|salesperson|assignee|responsible
tags: タグ|ラベル|キーワード|tags|tag|labels|label|group membership|categories|keywords
amount: 金額|案件金額|商談金額|取引金額|受注金額|見積金額|予算|売上金額|総額|合計金額|amount|deal amount|opportunity amount|value|
    deal value|total|price|expected revenue|金額(円)|税込金額
currency: 通貨|通貨コード|取引の通貨|currency|currency code|deal currency|iso code
stage: ステージ|フェーズ|商談フェーズ|商談ステージ|取引ステージ|案件ステージ|進捗|営業フェーズ|パイプラインステージ|stage|deal stage|
    sales stage|opportunity stage|pipeline stage|phase
pipeline: パイプライン|pipeline|取引パイプライン|deal pipeline|sales pipeline
closing_on: 完了予定日|完了日|受注予定日|受注日|クローズ日|クローズ予定日|契約予定日|成約予定日|締切日|締結予定日|closing date|
    close date|closed on|expected close date|expected closing|closedate|estimated close date
probability: 確度|可能性|確率|受注確度|見込確度|確度(%)|可能性(%)|成約確率|probability|probability (%)|deal probability|likelihood|
    win probability
type: 種別|種類|タイプ|区分|取引先種別|顧客区分|新規/既存|type|deal type|account type|contact type|opportunity type|category
campaign: キャンペーン|キャンペーン名|販促|campaign|campaign name|campaign source|primary campaign source|utm_campaign
next_step: 次のステップ|次のアクション|ネクストアクション|next step|next action
reason: 失注理由|成約理由|失注原因|loss reason|lost reason|closed lost reason|closed won reason
birthday: 誕生日|生年月日|誕生年月日|birthday|birthdate|date of birth|dob
language: 言語|使用言語|優先する言語|language|preferred language|locale
created_at: 作成日|作成日時|登録日|登録日時|作成時刻|追加日|獲得日|create date|created|created at|created time|created date|
    created on|date created|date added|signup date
updated_at: 更新日|更新日時|最終更新日|最終更新日時|最終更新|modified|updated|last modified|modified time|last modified date|
    updated at|updated on|modified date
last_contact_at: 最終接触日|最終連絡日|最終コンタクト日|最終活動日時|最終アクティビティー日|最終アクティビティ日|最終活動日|
    last contacted|last activity|last activity date|last activity time|last contact
outside_id: id|レコードid|レコードのid|顧客id|顧客番号|顧客コード|管理番号|会員番号|取引先番号|record id|recordid|contact id|lead id|
    account id|external id|customer id|オブジェクトid|取引先id|見込み客id
parent: 親会社|親取引先|親会社名|parent account|parent company|parent|親取引先名
campaign: キャンペーン|キャンペーンソース|キャンペーン元|campaign|campaign source|primary campaign source
products: 商品|製品|サービス|興味のある製品|ご興味のある製品|product|products|product interest
"""

WORDS: dict[str, tuple[str, ...]] = {
    key: tuple(words.strip().split("|"))
    for key, _colon, words in (line.partition(":") for line in _WORDS.replace("|\n    ", "|").strip().splitlines())
}

# Taken off a heading that is not known as it stands: 「（必須）メール」, "Contact: Email", 「連絡先 電話番号」.
JAPANESE_PREFIXES = (
    "見込み客の",
    "見込み客",
    "コンタクトの",
    "コンタクト",
    "連絡先の",
    "連絡先",
    "取引先の",
    "取引先",
    "リードの",
    "リード",
    "お客様の",
    "お客様",
    "顧客",
    "ご担当者様",
    "ご担当",
    "ご担当者",
    "担当者",
    "勤務先の",
    "勤務先",
    "会社の",
    "会社",
    "商談の",
    "商談",
    "案件の",
    "案件",
    "取引の",
    "請求先",
    "郵送先",
    "納品先",
    "主要",
    "代表",
    "ご",
    "お",
)
ENGLISH_PREFIXES = (
    "lead",
    "contact",
    "account",
    "company",
    "opportunity",
    "deal",
    "customer",
    "client",
    "person",
    "primary",
    "main",
    "mailing",
    "billing",
    "business",
    "work",
    "office",
    "your",
    "the",
)

# How a column's content names it when the heading does not, and what content speaks against a field.
CONTENT: dict[str, tuple[str, ...]] = {
    "email": ("email", "email2"),
    "phone": ("phone", "mobile", "fax"),
    "mobile": ("mobile", "phone"),
    "postal": ("postal_code",),
    "region": ("region",),
    "url": ("website", "linkedin", "facebook"),
    "handle": ("x_handle",),
    "company": ("company", "account", "name"),
}
