language = Język
leave = Wyjdź teraz
next = Dalej
back = Wstecz
retry = Spróbuj ponownie
remove = Usuń
step = Krok { $step } z { $steps }
start-title = Zgłoś przestępstwo, nie mówiąc, kim jesteś
start-lead = Opisz, co Cię spotkało albo co stało się na Twoich oczach. Ta strona szyfruje tekst, zanim opuści on Twoje urządzenie. Otworzyć go mogą tylko odbiorcy, których wybierzesz.
start-who-title = Kto może to przeczytać
start-who = Tylko jedna, dwie lub trzy służby, które wybierzesz, na przykład inspekcja pracy albo policja. Ludzie, którzy prowadzą tę skrzynkę, nie mogą tego przeczytać.
start-anonymous-title = Nie pytamy, kim jesteś
start-anonymous = Ta strona nie pyta o imię ani nazwisko i nie zapisuje adresu internetowego (IP). Użyj Tor Browser: wtedy ani ta skrzynka, ani firma internetowa nie widzą, od kogo jest zgłoszenie. Nie używaj telefonu, komputera ani Wi-Fi szefa lub kogoś, kogo się boisz. Nie pisz, jak się nazywasz, ani niczego innego, co zdradza, kim jesteś.
start-soft-title = Co zgłoszenie może dać, a czego nie
start-soft = Twoje zgłoszenie to tak zwana „informacja nieoficjalna”. Może od niego zacząć się śledztwo, ale nikt nie może tego obiecać. To nie jest oficjalna skarga i nie można w ten sposób dostać odszkodowania.
start-limits = Może od niego zacząć się śledztwo; nikt nie może tego obiecać. Nie daje odszkodowania, ale później nadal można złożyć oficjalną skargę.
start-victim-title = Jesteś ofiarą handlu ludźmi?
start-victim = Wtedy możesz mieć prawo do ochrony, pomocy i czasu do namysłu. Może to wyjaśnić ośrodek, który pomaga ofiarom handlu ludźmi: Payoke (Antwerpia), PAG-ASA (Bruksela), Sürya (Liège). Dla osób poniżej 18 lat: Esperanto i Minor-Ndako.
start-help = Strona Ministerstwa Sprawiedliwości na ten temat to stopmensenhandel.be, telefon { $phone }. Nie dzwoń z telefonu, który sprawdza ktoś inny.
start-danger = Grozi Ci teraz niebezpieczeństwo? Zadzwoń pod 112. Nikt nie czyta tej skrzynki od razu.
start-write = Napisz zgłoszenie
start-other-title = Coś innego
start-withdraw = Wycofaj zgłoszenie
start-sealed = Wyślij zaszyfrowany plik
start-save = Zapisz tę stronę, żeby użyć jej bez internetu
directory-loading = Wczytuję listę odbiorców…
directory-refused-title = Ta strona niczego teraz nie zaszyfruje
directory-unreachable = Lista odbiorców nie dotarła. Sprawdź połączenie i spróbuj ponownie.
directory-malformed = To nie jest lista odbiorców. Pobierz ją ponownie.
directory-wrong-root = Lista odbiorców nie jest podpisana kluczem, któremu ufa ta strona. Ktoś mógł ją zmienić. Nie używaj tej skrzynki i powiedz o tym komuś, komu ufasz.
directory-contents = Tej listy odbiorców nie można użyć na tej stronie. Wczytaj stronę ponownie.
directory-expired = Lista odbiorców straciła ważność { $day }. Sprawdź datę na swoim urządzeniu.
expired-online = Jeśli data jest dobra, listę musi odnowić skrzynka. Nie da się tego zrobić samemu. Spróbuj ponownie jutro.
expired-saved = Jeśli data jest dobra, potrzebna jest nowsza kopia tej strony. Znajdziesz ją pod adresem skrzynki albo u osoby, od której masz tę. Możesz też wybrać plik z nowszą listą.
directory-not-yet = Lista odbiorców jest ważna dopiero od { $day }. Sprawdź datę na swoim urządzeniu.
directory-rolled-back = Ta lista odbiorców jest starsza niż ta, którą ta strona już widziała. Być może ktoś pokazuje Ci starą.
directory-file = Wybierz plik z listą odbiorców
saved-notice = To jest zapisana strona. Szyfruje zgłoszenie do pliku, bez internetu. Plik trzeba wysłać później.
saved-until = Jej lista odbiorców jest ważna do { $day }.
readers-title = Kto może przeczytać Twoje zgłoszenie?
readers-lead = Wybierz jednego, dwóch lub trzech odbiorców. Każdy widzi, kto jeszcze może to przeczytać. Najpierw przeczytaj, co muszą zrobić z tym, czego się dowiedzą.
readers-works-on = Zajmuje się: { $matters }
readers-no-key = Dziś nie można wybrać.
readers-none = Wybierz co najmniej jednego odbiorcę.
readers-too-many = Wybierz najwyżej trzech odbiorców.
new-day = Zaczął się nowy dzień. Spójrz jeszcze raz na odbiorców i przejdź dalej.
write-title = Co się stało?
write-lead = Pisz w dowolnym języku. Co się stało? Gdzie i kiedy? Kto to zrobił? Skąd to wiesz?
write-warning = Nie podawaj swojego imienia, nazwiska i numeru telefonu ani tego, co tylko Ty możesz wiedzieć.
write-label = Twoje zgłoszenie
found-count = { $count ->
    [one] { $count } miejsce w tekście może zdradzić, kim jesteś:
    [few] { $count } miejsca w tekście mogą zdradzić, kim jesteś:
    [many] { $count } miejsc w tekście może zdradzić, kim jesteś:
   *[other] { $count } miejsca w tekście może zdradzić, kim jesteś:
  }
found-explain = Ty decydujesz: zostaw to albo usuń. Jeśli dotyczy to kogoś innego, może zostać. Tekst jest sprawdzany tylko na Twoim urządzeniu.
found-show = Pokaż
found-national-register = Numer rejestru narodowego
found-bis = Numer BIS
found-foreigner = Numer akt cudzoziemca
found-passport = Numer paszportu
found-id-card = Numer dowodu osobistego lub karty pobytu
found-phone = Numer telefonu
found-email = Adres e-mail
found-iban = Konto bankowe
found-card = Karta bankowa
found-user-name = Nazwa użytkownika
found-own-name = Imię lub nazwisko
found-place = Dokładne miejsce
found-birth = Data urodzenia
found-plate = Numer rejestracyjny
found-only-one = To możesz być tylko Ty
found-papers = Czyjeś papiery
duty-papers = Jeden z odbiorców musi zgłaszać wątpliwości co do papierów. Dlatego nie pisz, czy Ty, koledzy, sąsiedzi lub inni mają papiery.
details-title = Więcej szczegółów, jeśli chcesz
details-lead = Wpisz, co wiesz. Resztę pomiń.
categories-title = Czego to dotyczy?
group-trafficking = Handel ludźmi
group-smuggling = Przemyt ludzi
group-labour = Praca
group-housing = Mieszkanie
group-violence = Przemoc
category-trafficking-sexual-exploitation = Zmuszanie do prostytucji lub wykorzystywanie seksualne
category-trafficking-begging = Zmuszanie do żebrania
category-trafficking-labour = Praca w nieludzkich warunkach
category-trafficking-organs = Pobieranie narządów
category-trafficking-forced-crime = Zmuszanie do przestępstw
category-smuggling-minor = Przemycono osobę poniżej 18 lat
category-smuggling-vulnerable-person = Przemycono osobę, która nie miała innego wyjścia
category-smuggling-violence = Kłamstwa, groźby, przemoc lub porwanie
category-smuggling-payment-for-consent = Komuś zapłacono za zgodę
category-smuggling-life-endangered = Zagrożone było czyjeś życie
category-smuggling-lasting-harm = Ktoś poważnie i na długo ucierpiał
category-labour-undeclared = Praca na czarno
category-labour-wages = Za niska lub niewypłacona pensja
category-labour-hours = Za dużo godzin pracy
category-labour-unsafe = Niebezpieczna praca
category-labour-accident = Ciężki wypadek przy pracy
category-labour-papers-taken = Zabrano paszport lub dokumenty
category-housing-slum = Złe mieszkanie za zbyt wysoki czynsz
category-violence-domestic = Przemoc w domu
category-violence-sexual = Przemoc seksualna
period-label = Kiedy?
period-hint = Na przykład: od marca, co noc
place-label = Gdzie?
place-municipality = Miasto lub wieś
place-postcode = Kod pocztowy
offender-title = Kto za to odpowiada?
offender-number = Osoba lub firma { $number }
offender-name = Imię i nazwisko lub nazwa
offender-enterprise-number = Numer przedsiębiorstwa
offender-address = Adres
offender-vehicle = Pojazd (numer rejestracyjny, marka, kolor)
offender-other = Coś jeszcze o tej osobie lub firmie
offender-add = Dodaj osobę lub firmę
danger-title = Czy ktoś jest w niebezpieczeństwie?
danger-now = Tak, teraz
danger-soon = Tak, wkrótce
danger-no = Nie
minors-title = Czy dotyczy to dzieci lub osób poniżej 18 lat?
yes = Tak
no = Nie
no-answer = Bez odpowiedzi
visit-title = Jeśli inspektorzy przyjdą na kontrolę
visit-time = Najlepszy dzień i godzina
visit-look-for = Czego mają szukać?
files-title = Zdjęcia, filmy, dokumenty
files-lead = Tylko jeśli chcesz. Nazwy plików nie są wysyłane. Ukryte dane, na przykład miejsce, czas i aparat, są usuwane, jeśli ta strona to potrafi.
files-look = Przyjrzyj się też samemu obrazowi: twarz, głos, okno lub odbicie mogą zdradzić, kim jesteś.
files-pick = Wybierz pliki
files-drop = Możesz też przeciągnąć pliki tutaj.
file-name = Plik { $number } ({ $type }, { $size })
file-checking = Szukam ukrytych danych…
file-cleaned = Usunięte ukryte dane: { $details }.
file-nothing = Nie znaleziono ukrytych danych.
file-hidden = Może zawierać ukryte dane. Ta strona nie potrafi ich usunąć z takiego pliku.
file-damaged = Może zawierać ukryte dane. Plik wygląda na uszkodzony.
file-unreadable = Nie można odczytać tego pliku. Wybierz go ponownie.
file-place = miejsce
file-time = czas
file-device = urządzenie
file-author = autor
file-thumbnail = mały podgląd obrazu
file-other = inne dane
file-keep = Wyślij też oryginał z ukrytymi danymi
file-keep-warning = Zrób to tylko wtedy, gdy ukryte dane są dowodem i nie wskazują na Ciebie.
files-too-many = W jednym zgłoszeniu mieści się najwyżej { $max } plików. Pozostałych nie dodano.
files-empty = Nie dodano pustego pliku.
files-too-large = Pliki razem są za duże. W jednym zgłoszeniu mieści się najwyżej { $size }. Usuń jeden plik albo wyślij drugie zgłoszenie.
check-title = Sprawdź i wyślij
check-readers = Odbiorcy
check-text = Tekst
check-characters = { $count ->
    [one] { $count } znak
    [few] { $count } znaki
    [many] { $count } znaków
   *[other] { $count } znaku
  }
check-files = Pliki
check-details = Szczegóły
check-hidden = { $count ->
    [one] { $count } plik może zawierać ukryte dane.
    [few] { $count } pliki mogą zawierać ukryte dane.
    [many] { $count } plików może zawierać ukryte dane.
   *[other] { $count } pliku może zawierać ukryte dane.
  }
check-empty = Najpierw napisz coś, podaj szczegóły albo dodaj plik.
check-too-long = Tekst jest za długi. Dodaj go jako plik.
send-button = Zaszyfruj i wyślij
seal-button = Zaszyfruj do pliku
sending-title = Wysyłanie zgłoszenia
sending = Nie zamykaj tej strony. Wysłano { $percent }.
sealing-title = Szyfrowanie zgłoszenia
sealing = Nie zamykaj tej strony. Gotowe: { $percent }.
send-waiting = Połączenie się zerwało. To, co dotarło, jest zachowane. Następna próba za { $seconds ->
    [one] { $seconds } sekundę
    [few] { $seconds } sekundy
    [many] { $seconds } sekund
   *[other] { $seconds } sekundy
  }.
send-now = Spróbuj teraz
send-stop = Zatrzymaj
send-stopped = Zatrzymano. Nic nie zapisano.
text-here = Twój tekst nadal tu jest.
send-full = Skrzynka jest teraz pełna. Nic nie zapisano. Spróbuj ponownie za kilka godzin.
send-closed = Skrzynka jest teraz zamknięta. Nic nie zapisano. Spróbuj ponownie za kilka minut.
send-unsure = Nie wiadomo, czy zgłoszenie zostało zapisane. Wyślij je jeszcze raz: dwukrotne wysłanie nie zaszkodzi.
send-too-large = Zgłoszenie jest za duże dla tej skrzynki. Nic nie zapisano. Usuń jakiś plik.
send-refused = Skrzynka nie przyjęła zgłoszenia. Nic nie zapisano. Spróbuj jeszcze raz.
send-failed = Nie udało się zaszyfrować zgłoszenia. Nic nie wysłano. Sprawdź pliki i spróbuj ponownie.
stored-title = Twoje zgłoszenie jest w skrzynce
stored-lead = Zapisano je { $day }. Otworzyć je mogą tylko odbiorcy wybrani przez Ciebie.
stored-again = Zapisano je już { $day }.
saved-title = Twoje zgłoszenie jest zaszyfrowane
saved-lead = Zapisz plik i wyślij go później: otwórz tę skrzynkę na komputerze z internetem i wybierz „Wyślij zaszyfrowany plik”. Kto znajdzie ten plik, nie może go przeczytać.
saved-button = Zapisz zaszyfrowany plik
saved-unsaved = Zaszyfrowany plik nie jest jeszcze zapisany. Jeśli przejdziesz dalej, zgłoszenie przepadnie.
tip-id = Numer zgłoszenia
tip-id-hint = Odbiorcy widzą ten sam numer. Nie trzeba go zachowywać.
receipt-title = Twoje potwierdzenie
receipt-lead = Dzięki tym 12 słowom albo liczbom możesz później wycofać zgłoszenie z każdego komputera. Liczby i słowa znaczą to samo.
receipt-warning = Kto znajdzie potwierdzenie, będzie wiedzieć, że zgłoszenie jest od Ciebie, i może je wycofać. Zapisz je na kartce i dobrze ukryj albo wcale go nie zachowuj.
receipt-lost = Nikt nie może dać Ci go drugi raz.
receipt-unsure = Nie wiadomo na pewno, czy zgłoszenie zapisano. Jeśli tak, to potwierdzenie jest ważne. Przepisz je, zanim wyjdziesz.
receipt-words = Słowa
receipt-digits = Liczby
receipt-copy = Kopiuj
receipt-copied = Skopiowano. Inne programy na tym urządzeniu mogą to odczytać.
receipt-select = Nie udało się skopiować automatycznie. Tekst jest zaznaczony: skopiuj go teraz.
receipt-print = Drukuj
print-warning = Drukuj tylko tam, gdzie nikt inny tego nie zobaczy: drukarka i komputer mogą pamiętać, co wydrukowały.
finish = Zakończ i usuń wszystko na tej stronie
finish-anyway = Usuń wszystko mimo to
withdraw-title = Wycofaj zgłoszenie
withdraw-lead = Wpisz 12 słów albo 12 liczb z potwierdzenia. Skrzynka usunie wtedy zgłoszenie. Tego, co odbiorca już pobrał, nie da się wycofać.
withdraw-label = Słowa lub liczby z potwierdzenia
withdraw-button = Usuń zgłoszenie
withdraw-unknown = Nie ma zgłoszenia do tego potwierdzenia. Zostało już wycofane, wygasło albo nigdy nie dotarło.
withdraw-offline = Zapisana strona nie może połączyć się ze skrzynką. Otwórz samą skrzynkę w Tor Browser.
withdraw-unreachable = Skrzynka nie odpowiedziała. Zgłoszenie może być usunięte albo nie. Spróbuj ponownie.
receipt-count = Potwierdzenie ma 12 słów albo 12 liczb. Tu jest ich { $count }.
receipt-unknown-word = Słowo nr { $position } („{ $word }”) jest nieznane. Sprawdź, jak jest napisane.
receipt-number-out-of-range = Liczba nr { $position } musi być między 0001 a 2048. Sprawdź ją.
receipt-checksum = Jedno słowo lub jedna liczba się nie zgadza albo dwie są zamienione miejscami. Sprawdź je.
receipt-ambiguous = To może być więcej niż jedno potwierdzenie. Wpisz tylko 12 liczb.
sealed-title = Wyślij zaszyfrowany plik
sealed-lead = Wybierz plik zaszyfrowany na zapisanej stronie albo w programie softinfo-tip. Jego nazwa kończy się na .age.
sealed-label = Zaszyfrowany plik
sealed-button = Wyślij
sealed-none = Najpierw wybierz plik.
sealed-wrong = To nie jest zaszyfrowane zgłoszenie. Nie wysłano go. Tu przyjmowane są tylko zaszyfrowane pliki.
away-title = Prosty chleb
away-text = Wymieszaj 500 g mąki, 350 g ciepłej wody, 10 g soli i 7 g drożdży. Odstaw ciasto na dwie godziny. Piecz je 40 minut w 220 °C.
plain-title = Twoja przeglądarka nie może teraz zaszyfrować tekstu
plain-why = Szyfrowanie odbywa się na Twoim urządzeniu, z użyciem JavaScript. W Tor Browser na poziomie „Najbezpieczniejszy” (Safest) JavaScript jest wyłączony. Dlatego nie ma tu pola do pisania: niezaszyfrowany tekst nigdy nie jest wysyłany.
plain-level = Zapisz na kartce adres tej strony. Ustaw poziom bezpieczeństwa „Bezpieczniejszy” (Safer) – tarcza obok adresu. Tor Browser może uruchomić się ponownie. Potem otwórz ten adres jeszcze raz. Strona nie wczytuje niczego z innych miejsc i niczego nie zapisuje.
plain-saved = Albo zapisz tę stronę i otwórz ją bez internetu w innej przeglądarce. W Tor Browser na tym poziomie JavaScript jest wyłączony także tam. Zaszyfruj tam zgłoszenie i wyślij plik przez formularz poniżej.
plain-save = Zapisz stronę
plain-program = Albo użyj programu softinfo-tip. Dostaniesz go od organizacji, która prowadzi tę skrzynkę, albo od takiej, która Ci pomaga.
plain-copy = To jest zapisana strona. Niczego nie może wysłać. Otwórz ją w innej przeglądarce, w której JavaScript jest włączony.
plain-form = Tu możesz wysłać plik, który jest już zaszyfrowany (.age). Działa to tylko pod adresem skrzynki, nie na zapisanej stronie:
plain-never = Nigdy nie wybieraj tu zwykłego dokumentu: wyszedłby niezaszyfrowany.
plain-send = Wyślij zaszyfrowany plik
answer-stored = Twoje zgłoszenie jest w skrzynce. Możesz zamknąć tę stronę.
answer-already = To zgłoszenie było już zapisane. Jest w skrzynce jeden raz i jest bezpieczne.
answer-not-sealed = To nie jest zaszyfrowane zgłoszenie. Nic nie zapisano. Wybierz zaszyfrowany plik o nazwie z końcówką .age.
answer-too-large = Plik jest za duży. Nic nie zapisano.
answer-later = Nic nie zapisano. Zachowaj zaszyfrowany plik i wyślij go ponownie później.
answer-unsure = Nie wiadomo, czy zgłoszenie zostało zapisane. Wyślij ten sam plik jeszcze raz: dwukrotne wysłanie nie zaszkodzi.
answer-day = Dzień
answer-back = Wróć do skrzynki

## Ways out, the receipt pasted back, the saved copy
leave-wipes = „Wyjdź teraz” usuwa wszystko z tej strony.
leave-keys = Trzykrotne naciśnięcie klawisza Shift robi to samo, ale nie czyści schowka.
wiped-title = Wszystko usunięte. Zamknij to okno.
wiped-left = Ta strona nie może usunąć: historii i listy adresów przeglądarki, zapisanych plików, wydrukowanego papieru ani tego, co inne programy zachowują ze skopiowanego tekstu. Usuń to samodzielnie.
wiped-not-clipboard = Tego, co tu skopiowano, nie udało się nadpisać: skopiuj teraz coś innego.
cover-show = Pokaż ponownie
receipt-photo = Nie rób zdjęcia ani zrzutu ekranu: telefony często kopiują obrazy do internetu.
withdraw-erased = { $count ->
    [one] Zgłoszenie usunięto ze skrzynki.
    [few] Usunięto ze skrzynki { $count } wiadomości.
    [many] Usunięto ze skrzynki { $count } wiadomości.
   *[other] Usunięto ze skrzynki { $count } wiadomości.
  }
saved-addresses = Skrzynka ma te adresy. Porównaj je z adresem od osoby, której ufasz:

## What may be left in a file
file-unseen = W środku mogą zostać części, których nie widać ani nie słychać.
