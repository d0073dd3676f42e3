# Texts of the page. Reading age about twelve: short sentences, no office words. Say "you", never ask who the reader is.
# A tip is a report of what happened. To lock is to encrypt, so that only the chosen readers can open it.

## Every screen
language = Language
leave = Leave now
next = Next
back = Back
retry = Try again
remove = Remove
step = Step { $step } of { $steps }

## First screen
start-title = Report a crime without saying who you are
start-lead = Write down what happened to you or what you saw. This page locks your text before it leaves your device. Only the readers you choose can open it.
start-who-title = Who can read it
start-who = Only the one, two or three services that you choose, for example the labour inspectorate or the police. The people who run this letterbox cannot read it.
start-anonymous-title = We do not ask who you are
start-anonymous = This page does not ask for your name and keeps no internet address. Use Tor Browser: then this letterbox and the internet company do not see who wrote. Do not use a phone, computer or Wi-Fi of your boss or of somebody you fear. Do not write your name, or anything else that shows who you are.
start-soft-title = What it can do, and what it cannot
start-soft = Your tip is called “soft information”. It may start an investigation, but nobody can promise that. It is no official complaint, and you cannot get compensation this way.
# To be confirmed by a lawyer, in every language: what can still be done later.
start-limits = It may start an investigation; nobody can promise that. It pays no compensation, but you can still make an official complaint later.
start-victim-title = Are you a victim of human trafficking?
start-victim = Then you may have a right to protection, help and time to think. A guidance centre can explain it: Payoke (Antwerp), PAG-ASA (Brussels), Sürya (Liège). For minors: Esperanto and Minor-Ndako.
start-help = The website of the Ministry of Justice about this is stopmensenhandel.be, telephone { $phone }. Do not call from a phone that somebody else checks.
start-danger = In danger now? Call 112. Nobody reads this letterbox straight away.
start-write = Write a tip
start-other-title = Something else
start-withdraw = Take back a tip
start-sealed = Send a locked file
start-save = Save this page for use without internet

## The list of readers
directory-loading = Loading the list of readers…
directory-refused-title = This page will not lock anything now
directory-unreachable = The list of readers did not arrive. Check your connection and try again.
directory-malformed = This is not a list of readers. Get it again.
directory-wrong-root = The list of readers is not signed with the key that this page trusts. Somebody may have changed it. Do not use this letterbox, and tell somebody you trust.
directory-contents = The list of readers cannot be used with this page. Load the page again.
directory-expired = The list of readers ran out on { $day }. Check the date of your device.
expired-online = If the date is right, the letterbox has to renew the list. You cannot do that. Try again tomorrow.
expired-saved = If the date is right, you need a newer copy of this page. You get it at the address of the letterbox, or from whoever gave you this one. Or choose a file with a newer list.
directory-not-yet = The list of readers is only valid from { $day }. Check the date of your device.
directory-rolled-back = This list of readers is older than one that this page has seen. Somebody may be showing you an old one.
directory-file = Choose a file with the list of readers
saved-notice = This is a saved page. It locks your tip into a file, without internet. The file must still be sent later.
saved-until = Its list of readers is valid until { $day }.

## Choose readers
readers-title = Who may read your tip?
readers-lead = Choose one, two or three. Each one sees who else can read it. First read what they must do with what they learn.
readers-works-on = Works on: { $matters }
readers-no-key = Cannot be chosen today.
readers-none = Choose at least one reader.
readers-too-many = Choose three readers at most.
new-day = A new day has begun. Look at your readers once more, then go on.

## Write
write-title = What happened?
write-lead = Write in any language. What happened? Where and when? Who did it? How do you know?
write-warning = Leave out your name, your phone number, and what only you can know.
write-label = Your tip
found-count = { $count ->
    [one] { $count } place in your text may show who you are:
   *[other] { $count } places in your text may show who you are:
  }
found-explain = You decide: leave it or take it out. If it is about somebody else, it can stay. This check happens on your device only.
found-show = Show it
found-national-register = National register number
found-bis = BIS number
found-foreigner = File number for foreigners
found-passport = Passport number
found-id-card = Number of an identity or residence card
found-phone = Phone number
found-email = E-mail address
found-iban = Bank account
found-card = Bank card
found-user-name = User name
found-own-name = A name
found-place = Exact place
found-birth = Date of birth
found-plate = Number plate
found-only-one = Only you can be meant
found-papers = Somebody’s papers
duty-papers = One of your readers must report doubts about papers. So do not write whether you, colleagues, neighbours or others have papers.
details-title = More details, all optional
details-lead = Fill in what you know. Leave out the rest.
categories-title = What is it about?
group-trafficking = Human trafficking
group-smuggling = People smuggling
group-labour = Work
group-housing = Housing
group-violence = Violence
category-trafficking-sexual-exploitation = Forced prostitution or sexual exploitation
category-trafficking-begging = Forced begging
category-trafficking-labour = Work in inhuman conditions
category-trafficking-organs = Removal of organs
category-trafficking-forced-crime = Forced to commit crimes
category-smuggling-minor = A minor was smuggled
category-smuggling-vulnerable-person = A person who had no other choice was smuggled
category-smuggling-violence = Lies, threats, violence or kidnapping
category-smuggling-payment-for-consent = Somebody was paid to agree
category-smuggling-life-endangered = Lives were in danger
category-smuggling-lasting-harm = Somebody was badly hurt for a long time
category-labour-undeclared = Undeclared work
category-labour-wages = Wages too low or not paid
category-labour-hours = Too many hours
category-labour-unsafe = Unsafe work
category-labour-accident = Bad accident at work
category-labour-papers-taken = Passport or papers taken away
category-housing-slum = Bad housing for too much rent
category-violence-domestic = Violence at home
category-violence-sexual = Sexual violence
period-label = When?
period-hint = For example: since March, every night
place-label = Where?
place-municipality = Town or village
place-postcode = Post code
offender-title = Who is responsible?
offender-number = Person or company { $number }
offender-name = Name
offender-enterprise-number = Enterprise number
offender-address = Address
offender-vehicle = Vehicle (number plate, make, colour)
offender-other = Something else about them
offender-add = Add a person or company
danger-title = Is somebody in danger?
danger-now = Yes, now
danger-soon = Yes, soon
danger-no = No
minors-title = Are children or people under 18 involved?
yes = Yes
no = No
no-answer = No answer
visit-title = If inspectors make a visit
visit-time = Best day and time
visit-look-for = What should they look for?

## Files
files-title = Photos, videos, documents
files-lead = Only if you want. File names are not sent. Hidden details such as place, time and camera are taken out where this page can do it.
files-look = Look at the picture itself too: a face, a voice, a window or a reflection can show who you are.
files-pick = Choose files
files-drop = You can also drop files here.
file-name = File { $number } ({ $type }, { $size })
file-checking = Looking for hidden details…
file-cleaned = Hidden details taken out: { $details }.
file-nothing = No hidden details found.
file-hidden = May contain hidden details. This page cannot take them out of this kind of file.
file-damaged = May contain hidden details. The file looks damaged.
file-unreadable = This file cannot be read. Choose it again.
file-place = place
file-time = time
file-device = device
file-author = author
file-thumbnail = small preview picture
file-other = other details
file-keep = Also send the original, with its hidden details
file-keep-warning = Only do this if a hidden detail is proof, and does not point to you.
files-too-many = At most { $max } files fit into one tip. The others were not added.
files-empty = An empty file was not added.
files-too-large = Together the files are too large. At most { $size } fit into one tip. Remove one, or send a second tip.

## Check and send
check-title = Check and send
check-readers = Readers
check-text = Text
check-characters = { $count ->
    [one] { $count } character
   *[other] { $count } characters
  }
check-files = Files
check-details = Details
check-hidden = { $count ->
    [one] { $count } file may contain hidden details.
   *[other] { $count } files may contain hidden details.
  }
check-empty = Write something, fill in details or add a file first.
check-too-long = The text is too long. Add it as a file.
send-button = Lock and send
seal-button = Lock into a file
sending-title = Sending your tip
sending = Do not close this page. { $percent } sent.
sealing-title = Locking your tip
sealing = Do not close this page. { $percent } done.
send-waiting = The connection broke. What has arrived is kept. Next try in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
  }.
send-now = Try now
send-stop = Stop
send-stopped = Stopped. Nothing was stored.
text-here = Your text is still here.
send-full = The letterbox is full at the moment. Nothing was stored. Try again in a few hours.
send-closed = The letterbox is closed at the moment. Nothing was stored. Try again in a few minutes.
send-unsure = The tip may be stored or not. Send it again: sending it twice does no harm.
send-too-large = The tip is too large for this letterbox. Nothing was stored. Remove a file.
send-refused = The letterbox did not accept the tip. Nothing was stored. Try once more.
send-failed = The tip could not be locked. Nothing was sent. Check your files and try again.

## Stored, receipt
stored-title = Your tip is stored
stored-lead = It was stored on { $day }. Only the readers you chose can open it.
stored-again = It was stored already on { $day }.
saved-title = Your tip is locked
saved-lead = Save the file and send it later: open this letterbox on a computer with internet and choose “Send a locked file”. Whoever finds the file cannot read it.
saved-button = Save the locked file
saved-unsaved = You have not saved the locked file yet. If you go on, the tip is lost.
tip-id = Number of the tip
tip-id-hint = The readers see the same number. You do not need to keep it.
receipt-title = Your receipt
receipt-lead = With these 12 words, or with the numbers, you can take the tip back later, from any computer. The numbers and the words mean the same.
receipt-warning = Whoever finds the receipt knows that you sent a tip, and can take it back. Write it on paper and hide it well, or do not keep it.
receipt-lost = Nobody can give it to you again.
receipt-unsure = It is not certain that the tip is stored. If it is, this receipt is valid. Write it down before you go.
receipt-words = Words
receipt-digits = Numbers
receipt-copy = Copy
receipt-copied = Copied. Other programs on this device can read what is copied.
receipt-select = It could not be copied by itself. The text is selected: copy it now.
receipt-print = Print
print-warning = Print only where nobody else sees it: a printer and a computer may remember what they printed.
finish = Finish and wipe everything
finish-anyway = Wipe everything anyway

## Take back
withdraw-title = Take back a tip
withdraw-lead = Type the 12 words or the 12 numbers of your receipt. The letterbox then erases the tip. What a reader has already fetched cannot be taken back.
withdraw-label = Words or numbers of the receipt
withdraw-button = Erase the tip
withdraw-unknown = There is no tip for this receipt. It was taken back before, has run out, or never arrived.
withdraw-offline = A saved page cannot reach the letterbox. Open the letterbox itself in Tor Browser.
withdraw-unreachable = The letterbox did not answer. Perhaps the tip is erased, perhaps not. Try again.
receipt-count = A receipt has 12 words or 12 numbers. This has { $count }.
receipt-unknown-word = Word { $position } (“{ $word }”) is not known. Check how it is written.
receipt-number-out-of-range = Number { $position } must lie between 0001 and 2048. Check it.
receipt-checksum = One of the words or numbers is wrong, or two are swapped. Check them.
receipt-ambiguous = This can be read as more than one receipt. Type only the 12 numbers.

## A locked file
sealed-title = Send a locked file
sealed-lead = Choose a file that was locked with a saved page or with the program softinfo-tip. Its name ends in .age.
sealed-label = Locked file
sealed-button = Send
sealed-none = Choose a file first.
sealed-wrong = This is not a locked tip. It was not sent. Only locked files are taken here.

## Shown after leaving: harmless, about bread
away-title = Simple bread
away-text = Mix 500 g of flour, 350 g of warm water, 10 g of salt and 7 g of yeast. Let the dough rest for two hours. Bake it for 40 minutes at 220 °C.

## Without JavaScript
plain-title = Your browser cannot lock a text now
plain-why = Locking happens on your device, with JavaScript. In Tor Browser’s level “Safest” JavaScript is off. So there is no field to write in here: an open text is never sent.
plain-level = Write down the address of this page. Set the security level to “Safer” (the shield beside the address). Tor Browser may restart. Then open the address again. The page loads nothing from elsewhere and stores nothing.
plain-saved = Or save this page and open it without internet in another browser. In Tor Browser, at this level, JavaScript is off there too. Lock your tip there, and send the file with the form below.
plain-save = Save the page
plain-program = Or use the program softinfo-tip. You get it from the organisation that runs this letterbox, or from one that helps you.
plain-copy = This is a saved page. It can send nothing. Open it in another browser, in which JavaScript is on.
plain-form = Here you can send a file that is locked already (.age). This works only at the address of the letterbox, not in a saved page:
plain-never = Never choose an ordinary document here: it would be sent unlocked.
plain-send = Send the locked file

## Answer of the letterbox to that form
answer-stored = Your tip is stored. You can close this page.
answer-already = This tip was stored before. It is there once, and safe.
answer-not-sealed = This is not a locked tip. Nothing was stored. Choose the locked file whose name ends in .age.
answer-too-large = The file is too large. Nothing was stored.
answer-later = Nothing was stored. Keep the locked file and send it again later.
answer-unsure = The tip may be stored or not. Send the same file again: sending it twice does no harm.
answer-day = Day
answer-back = Back to the letterbox

## Ways out, the receipt pasted back, the saved copy
leave-wipes = “Leave now” wipes everything on this page.
leave-keys = Pressing the Shift key three times does the same, but it does not empty the clipboard.
wiped-title = All wiped. Close this window.
wiped-left = This page cannot wipe the history and the address list of the browser, files you saved, paper you printed, or what other programs keep of what was copied. Wipe these yourself.
wiped-not-clipboard = What you copied here could not be written over: copy something else now.
cover-show = Show again
receipt-photo = Do not take a photo or a screenshot of it: phones often copy pictures to the internet.
withdraw-erased = { $count ->
    [one] The tip is erased from the letterbox.
   *[other] { $count } messages are erased from the letterbox.
  }
saved-addresses = The letterbox has these addresses. Compare them with the address that you were given by somebody you trust:

## What may be left in a file
file-unseen = Parts that cannot be seen or heard may still be inside.
