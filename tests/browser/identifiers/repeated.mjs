// Texts that would be slow to look through if a pattern went back and forth in them (identifiers.test.mjs, benches/page.mjs).

/** What is repeated in each. */
export const REPEATED = ['a', '1', '1 ', 'a1', '@', 'a@', '+1 ', 'a.', '12.', '04 ', 'be12 ', 'be12 1 ', '4111 1111 ', 'insta a ', 'my name is a b c ', 'ik heet van ', 'passport a', 'sp ', '-', '\u0301', '51.12345 ', '50° ', 't.me/a', 'www.', 'اسمي ', '\ud83d', ' ', '\n',
  'a ', 'ben ', 'ik ben ', 'ik ben Jan Van ', '.ik ben van van van ', '.ici A ', 'regards ', 'regards\n', 'groeten A ', 'dot ', 'at ', 'a at ', 'a dot ', 'a dot a at a dot ', 'born ', 'born 1', 'born 12.', '12 a ', 'my car ', 'my car 1', 'ik woon ', 'ik woon 1 ', 'ik woon straat 1 ',
  'rue ', 'rue a 1 ', 'ik woon rue rue ', 'sokak ', 'sokak 1 ', 'geen ', 'geen geen papieren ', 'no a ', 'papers a ', 'ik ben als ', 'ik ben de ', 'je suis la ', 'ben tek ', 'tek a ', 'hier ', 'hier illegaal ', 'illegaal in ', 'غير ', 'ب', 'oturum ', 'passport 1 ', 'dni ', 'dni 1 ', 'cpf a ', 'tel ', 'tel 1 ',
  'kbo ', '0123.456.789 ', '(0', '(02) ', 'ig: ', "snap c'", '12/', '№', 'é']
