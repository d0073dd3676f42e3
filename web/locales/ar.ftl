language = اللغة
leave = الخروج الآن
leave-hint = «الخروج الآن» يمحو كل شيء من هذه الصفحة. الضغط مرتين على مفتاح Esc يفعل الشيء نفسه.
next = التالي
back = رجوع
retry = إعادة المحاولة
remove = حذف
step = الخطوة { $step } من { $steps }
start-title = التبليغ عن جريمة دون أن تقولوا من أنتم
start-lead = اكتبوا ما حدث لكم أو ما رأيتم. هذه الصفحة تشفّر نصكم قبل أن يخرج من جهازكم. لا تستطيع فتحه إلا الجهات التي تختارونها.
start-who-title = من يستطيع قراءته؟
start-who = فقط جهة أو جهتان أو ثلاث جهات تختارونها أنتم، مثل مفتشية العمل أو الشرطة. من يديرون هذا الصندوق لا يستطيعون قراءته.
start-anonymous-title = لا أحد يعرف من كتبه
start-anonymous = هذه الصفحة لا تسأل عن اسمكم ولا تحفظ أي عنوان إنترنت (IP). لذلك لا تكتبوا أنتم أيضا اسمكم ولا أي شيء آخر يكشف من أنتم.
start-soft-title = ما يمكن أن يفعله البلاغ وما لا يمكن
start-soft = يسمى بلاغكم «معلومات غير رسمية». قد يبدأ بسببه تحقيق، لكن لا أحد يستطيع أن يعد بذلك. هو ليس شكوى رسمية، ولا يمكن الحصول على تعويض بهذه الطريقة.
start-victim-title = هل وقعتم ضحية للاتجار بالبشر؟
start-victim = إذن قد يكون لكم حق في الحماية والمساعدة ووقت للتفكير. يمكن أن يشرح لكم ذلك مركز متخصص في دعم الضحايا: Payoke (أنتويرب)، PAG-ASA (بروكسل)، Sürya (لييج). لمن هم دون 18 سنة: Esperanto وMinor-Ndako.
start-danger = هل أنتم في خطر الآن؟ اتصلوا بالرقم 112. لا أحد يقرأ بلاغات هذا الصندوق على الفور.
start-write = كتابة بلاغ
start-other-title = شيء آخر
start-withdraw = سحب بلاغ
start-sealed = إرسال ملف مشفر
start-save = حفظ هذه الصفحة لاستعمالها بدون إنترنت
directory-loading = جار تحميل قائمة الجهات…
directory-refused-title = هذه الصفحة لن تشفر أي شيء الآن
directory-unreachable = لم تصل قائمة الجهات. تحققوا من الاتصال بالإنترنت وحاولوا مرة أخرى.
directory-malformed = هذه ليست قائمة الجهات. احصلوا عليها من جديد.
directory-wrong-root = قائمة الجهات غير موقعة بالمفتاح الذي تثق به هذه الصفحة. ربما غيّرها أحد. لا تستعملوا هذا الصندوق، وأخبروا شخصا تثقون به.
directory-contents = لا يمكن استعمال قائمة الجهات مع هذه الصفحة. أعيدوا تحميل الصفحة.
directory-expired = انتهت صلاحية قائمة الجهات في { $day }. احصلوا على قائمة جديدة، وتحققوا من التاريخ في جهازكم.
directory-not-yet = قائمة الجهات لا تصلح إلا ابتداء من { $day }. تحققوا من التاريخ في جهازكم.
directory-rolled-back = قائمة الجهات هذه أقدم من قائمة رأتها هذه الصفحة من قبل. ربما يعرض عليكم أحد قائمة قديمة.
directory-file = اختيار ملف فيه قائمة الجهات
saved-notice = هذه صفحة محفوظة. تشفر بلاغكم وتضعه في ملف، بدون إنترنت. يجب إرسال الملف لاحقا.
saved-until = قائمة الجهات فيها صالحة حتى { $day }.
readers-title = لمن تسمحون بقراءة بلاغكم؟
readers-lead = اختاروا جهة أو جهتين أو ثلاث جهات. كل جهة ترى من غيرها يستطيع قراءته. اقرؤوا أولا ما يجب على كل جهة أن تفعله بما تعرفه.
readers-works-on = مجال عملها: { $matters }
readers-no-key = لا يمكن اختيارها اليوم.
readers-none = اختاروا جهة واحدة على الأقل.
readers-too-many = اختاروا ثلاث جهات على الأكثر.
write-title = ماذا حدث؟
write-lead = اكتبوا بأي لغة. ماذا حدث؟ أين ومتى؟ من فعل ذلك؟ كيف عرفتم به؟
write-warning = لا تكتبوا اسمكم ولا رقم هاتفكم ولا أي شيء لا يمكن أن يعرفه غيركم.
write-label = بلاغكم
found-count = { $count ->
    [zero] لا يوجد في نصكم ما قد يكشف من أنتم:
    [one] في نصكم موضع واحد قد يكشف من أنتم:
    [two] في نصكم موضعان قد يكشفان من أنتم:
    [few] في نصكم { $count } مواضع قد تكشف من أنتم:
    [many] في نصكم { $count } موضعا قد يكشف من أنتم:
   *[other] في نصكم { $count } موضع قد يكشف من أنتم:
  }
found-explain = القرار لكم: اتركوه أو احذفوه. إذا كان عن شخص آخر فيمكن أن يبقى. هذا الفحص يجري على جهازكم فقط.
found-show = إظهار
found-national-register = رقم السجل الوطني
found-bis = رقم BIS
found-foreigner = رقم ملف للأجانب
found-passport = رقم جواز سفر
found-id-card = رقم بطاقة هوية أو إقامة
found-phone = رقم هاتف
found-email = عنوان بريد إلكتروني
found-iban = حساب بنكي
found-card = بطاقة بنكية
found-user-name = اسم مستخدم
found-own-name = اسم شخص
found-place = مكان محدد على الخريطة
details-title = تفاصيل أخرى، كلها اختيارية
details-lead = اكتبوا ما تعرفونه، واتركوا الباقي فارغا.
categories-title = ما موضوع البلاغ؟
group-trafficking = الاتجار بالبشر
group-smuggling = تهريب البشر
group-labour = العمل
group-housing = السكن
group-violence = العنف
category-trafficking-sexual-exploitation = إجبار على الدعارة أو استغلال جنسي
category-trafficking-begging = إجبار على التسول
category-trafficking-labour = عمل في ظروف غير إنسانية
category-trafficking-organs = نزع أعضاء من الجسم
category-trafficking-forced-crime = إجبار على ارتكاب جرائم
category-smuggling-minor = تهريب شخص دون 18 سنة
category-smuggling-vulnerable-person = تهريب شخص لم يكن لديه خيار آخر
category-smuggling-violence = كذب أو تهديد أو عنف أو خطف
category-smuggling-payment-for-consent = دفع مال لشخص كي يوافق
category-smuggling-life-endangered = حياة أشخاص كانت في خطر
category-smuggling-lasting-harm = إصابة شخص بأذى شديد يدوم طويلا
category-labour-undeclared = عمل غير مصرح به
category-labour-wages = أجر قليل جدا أو غير مدفوع
category-labour-hours = ساعات عمل كثيرة جدا
category-labour-unsafe = عمل غير آمن
category-labour-accident = حادث خطير في العمل
category-labour-papers-taken = أخذ جواز السفر أو الأوراق من صاحبها
category-housing-slum = سكن سيئ بإيجار مرتفع جدا
category-violence-domestic = عنف في البيت
category-violence-sexual = عنف جنسي
period-label = متى؟
period-hint = مثلا: منذ مارس (آذار)، كل ليلة
place-label = أين؟
place-municipality = المدينة أو القرية
place-postcode = الرمز البريدي
offender-title = من المسؤول عن ذلك؟
offender-number = الشخص أو الشركة رقم { $number }
offender-name = الاسم
offender-enterprise-number = رقم تسجيل الشركة
offender-address = العنوان
offender-vehicle = المركبة (رقم اللوحة، الماركة، اللون)
offender-other = معلومات أخرى عن الشخص أو الشركة
offender-add = إضافة شخص أو شركة
danger-title = هل هناك أحد في خطر؟
danger-now = نعم، الآن
danger-soon = نعم، قريبا
danger-no = لا
minors-title = هل هناك أطفال أو أشخاص دون 18 سنة يخصهم الأمر؟
yes = نعم
no = لا
no-answer = بدون جواب
visit-title = إذا قام المفتشون بزيارة
visit-time = أفضل يوم ووقت
visit-look-for = عن ماذا يجب أن يبحثوا؟
files-title = صور، فيديوهات، وثائق
files-lead = فقط إذا أردتم. أسماء الملفات لا تُرسل. التفاصيل المخفية مثل المكان والوقت والكاميرا تُحذف إذا كانت هذه الصفحة تستطيع ذلك.
files-look = انظروا أيضا إلى الصورة نفسها: وجه أو صوت أو نافذة أو انعكاس قد يكشف من أنتم.
files-pick = اختيار ملفات
files-drop = يمكنكم أيضا جر الملفات إلى هنا.
file-name = ملف { $number } ({ $type }، { $size })
file-checking = جار البحث عن تفاصيل مخفية…
file-cleaned = حُذفت تفاصيل مخفية: { $details }.
file-nothing = لم يُعثر على تفاصيل مخفية.
file-hidden = قد تكون فيه تفاصيل مخفية. هذه الصفحة لا تستطيع حذفها من هذا النوع من الملفات.
file-damaged = قد تكون فيه تفاصيل مخفية. يبدو أن الملف تالف.
file-unreadable = لا يمكن قراءة هذا الملف. اختاروه من جديد.
file-place = المكان
file-time = الوقت
file-device = الجهاز
file-author = صاحب الملف
file-thumbnail = صورة مصغرة
file-other = تفاصيل أخرى
file-keep = إرسال الملف الأصلي أيضا مع تفاصيله المخفية
file-keep-warning = افعلوا ذلك فقط إذا كان في التفاصيل المخفية دليل، وكانت لا تكشف من أنتم.
files-too-many = أكبر عدد من الملفات في بلاغ واحد: { $max }. لم تُضف الملفات الأخرى.
files-too-large = الملفات معا كبيرة جدا. أكبر حجم لبلاغ واحد: { $size }. احذفوا ملفا، أو أرسلوا بلاغا ثانيا.
check-title = مراجعة وإرسال
check-readers = الجهات
check-text = النص
check-characters = { $count ->
    [zero] لا أحرف
    [one] حرف واحد
    [two] حرفان
    [few] { $count } أحرف
    [many] { $count } حرفا
   *[other] { $count } حرف
  }
check-files = الملفات
check-hidden = { $count ->
    [zero] لا يوجد ملف قد تكون فيه تفاصيل مخفية.
    [one] ملف واحد قد تكون فيه تفاصيل مخفية.
    [two] ملفان قد تكون فيهما تفاصيل مخفية.
    [few] { $count } ملفات قد تكون فيها تفاصيل مخفية.
    [many] { $count } ملفا قد تكون فيها تفاصيل مخفية.
   *[other] { $count } ملف قد تكون فيها تفاصيل مخفية.
  }
check-empty = اكتبوا شيئا أو أضيفوا ملفا أولا.
check-too-long = النص طويل جدا. أضيفوه في ملف.
send-button = تشفير وإرسال
seal-button = تشفير في ملف
sending-title = جار إرسال بلاغكم
sending = لا تغلقوا هذه الصفحة. تم إرسال { $percent }.
sealing-title = جار تشفير بلاغكم
sealing = لا تغلقوا هذه الصفحة. تم تشفير { $percent }.
send-waiting = انقطع الاتصال. ما وصل لم يضع. المحاولة التالية بعد { $seconds ->
    [zero] { $seconds } ثانية
    [one] ثانية واحدة
    [two] ثانيتين
    [few] { $seconds } ثوان
    [many] { $seconds } ثانية
   *[other] { $seconds } ثانية
  }.
send-now = المحاولة الآن
send-stop = إيقاف
send-stopped = تم الإيقاف. لم يُحفظ أي شيء. نصكم ما زال هنا.
send-full = الصندوق ممتلئ حاليا. لم يُحفظ أي شيء. حاولوا مرة أخرى بعد بضع ساعات.
send-closed = الصندوق مغلق حاليا. لم يُحفظ أي شيء. حاولوا مرة أخرى بعد بضع دقائق.
send-unsure = ربما حُفظ البلاغ وربما لم يُحفظ. أرسلوه مرة أخرى: لا ضرر في إرساله مرتين.
send-too-large = البلاغ أكبر مما يتسع له هذا الصندوق. لم يُحفظ أي شيء. احذفوا ملفا.
send-refused = لم يقبل الصندوق البلاغ. لم يُحفظ أي شيء. النص ما زال هنا: حاولوا مرة أخرى.
send-failed = لم يمكن تشفير البلاغ. لم يُرسل أي شيء. تحققوا من ملفاتكم وحاولوا مرة أخرى.
stored-title = بلاغكم محفوظ في الصندوق
stored-lead = حُفظ في { $day }. لا تستطيع فتحه إلا الجهات التي اخترتموها.
stored-again = سبق أن حُفظ في { $day }.
saved-title = تم تشفير بلاغكم
saved-lead = احفظوا الملف وأرسلوه لاحقا: افتحوا هذا الصندوق على كمبيوتر فيه إنترنت واختاروا «إرسال ملف مشفر». من يجد الملف لا يستطيع قراءته.
saved-button = حفظ الملف المشفر
tip-id = رقم البلاغ
receipt-title = إيصالكم
receipt-lead = بهذه الكلمات الـ12 أو بالأرقام يمكنكم سحب البلاغ لاحقا، من أي كمبيوتر. الأرقام والكلمات لها المعنى نفسه.
receipt-warning = من يجد الإيصال يعرف أنكم أرسلتم بلاغا، ويستطيع سحبه. اكتبوا الإيصال على ورقة وأخفوها جيدا، أو لا تحتفظوا به.
receipt-lost = لا أحد يستطيع أن يعطيكم الإيصال مرة أخرى.
receipt-unsure = ليس مؤكدا أن البلاغ حُفظ. إذا كان قد حُفظ فهذا الإيصال صالح. اكتبوه قبل أن تخرجوا.
receipt-words = الكلمات
receipt-digits = الأرقام
receipt-copy = نسخ
receipt-copied = تم النسخ. البرامج الأخرى على هذا الجهاز تستطيع قراءة ما نُسخ.
receipt-select = لم ينجح النسخ التلقائي. النص محدد: انسخوه الآن.
receipt-print = طباعة
finish = إنهاء ومحو كل شيء من هذه الصفحة
withdraw-title = سحب بلاغ
withdraw-lead = اكتبوا الكلمات الـ12 أو الأرقام الـ12 الموجودة في إيصالكم. عندها يمحو الصندوق البلاغ. ما سبق أن أخذته جهة من الصندوق لا يمكن سحبه.
withdraw-label = كلمات الإيصال أو أرقامه
withdraw-button = محو البلاغ
withdraw-done = تم محو البلاغ من الصندوق.
withdraw-unknown = لا يوجد بلاغ لهذا الإيصال. إما أنه سُحب من قبل، أو انتهت مدته، أو لم يصل أبدا.
withdraw-offline = الصفحة المحفوظة لا تستطيع الوصول إلى الصندوق. افتحوا الصندوق نفسه في Tor Browser.
withdraw-unreachable = لم يرد الصندوق. ربما تم محو البلاغ وربما لا. حاولوا مرة أخرى.
receipt-count = في الإيصال 12 كلمة أو 12 رقما. العدد هنا: { $count }.
receipt-unknown-word = الكلمة رقم { $position } («{ $word }») غير معروفة. تحققوا من كتابتها.
receipt-number-out-of-range = الرقم الموجود في المكان { $position } يجب أن يكون بين 0001 و2048. تحققوا منه.
receipt-checksum = هناك خطأ في كلمة أو رقم، أو كلمتان أو رقمان تبادلا المكان. تحققوا منها.
receipt-ambiguous = هذه الكلمات تناسب لغتين. اكتبوا الأرقام الـ12 بدلا منها.
sealed-title = إرسال ملف مشفر
sealed-lead = اختاروا ملفا تم تشفيره بصفحة محفوظة أو ببرنامج softinfo-tip. ينتهي اسمه بـ ‎.age.
sealed-label = الملف المشفر
sealed-button = إرسال
sealed-none = اختاروا ملفا أولا.
sealed-wrong = هذا ليس بلاغا مشفرا. لم يُرسل. هنا تُقبل الملفات المشفرة فقط.
away-title = خبز بسيط
away-text = اخلطوا 500 غ من الدقيق و350 غ من الماء الدافئ و10 غ من الملح و7 غ من الخميرة. اتركوا العجين يرتاح ساعتين. اخبزوه 40 دقيقة على حرارة 220 درجة.
plain-title = متصفحكم لا يستطيع تشفير نص الآن
plain-why = يجري التشفير على جهازكم، بواسطة JavaScript. في المستوى «الأكثر أمانا» (Safest) في Tor Browser تكون JavaScript متوقفة. لذلك لا يوجد هنا مكان للكتابة: لا يُرسل أبدا نص غير مشفر.
plain-level = اختاروا مستوى الأمان «أكثر أمانا» (Safer) من الدرع بجانب العنوان، ثم أعيدوا تحميل هذه الصفحة. الصفحة لا تحمّل شيئا من مكان آخر ولا تحفظ أي شيء.
plain-saved = أو احفظوا هذه الصفحة، وافتحوها بدون إنترنت، وشفّروا بلاغكم هناك، ثم أرسلوا الملف من أسفل هذه الصفحة.
plain-save = حفظ الصفحة
plain-program = أو استعملوا برنامج softinfo-tip.
plain-form = هنا يمكنكم إرسال ملف تم تشفيره من قبل (‎.age):
plain-send = إرسال الملف المشفر
answer-title = رد الصندوق
answer-stored = بلاغكم محفوظ في الصندوق. يمكنكم إغلاق هذه الصفحة.
answer-already = هذا البلاغ محفوظ من قبل. هو موجود مرة واحدة، وفي أمان.
answer-not-sealed = هذا ليس بلاغا مشفرا. لم يُحفظ أي شيء. اختاروا الملف المشفر الذي ينتهي اسمه بـ ‎.age.
answer-too-large = الملف كبير جدا. لم يُحفظ أي شيء.
answer-later = لم يُحفظ أي شيء. احتفظوا بالملف المشفر وأرسلوه مرة أخرى لاحقا.
answer-unsure = ربما حُفظ البلاغ وربما لم يُحفظ. أرسلوا الملف نفسه مرة أخرى: لا ضرر في إرساله مرتين.
answer-day = التاريخ
answer-back = العودة إلى الصندوق
