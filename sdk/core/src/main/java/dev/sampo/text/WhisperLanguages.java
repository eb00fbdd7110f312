package dev.sampo.text;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The languages of Whisper by their English names, with other names that people use; Radford et al. 2022, arXiv:2212.04356. */
final class WhisperLanguages {
  private static final String TABLE =
      "en:english zh:chinese,mandarin de:german es:spanish,castilian ru:russian ko:korean fr:french ja:japanese"
          + " pt:portuguese tr:turkish pl:polish ca:catalan,valencian nl:dutch,flemish ar:arabic sv:swedish it:italian"
          + " id:indonesian hi:hindi fi:finnish vi:vietnamese he:hebrew uk:ukrainian el:greek ms:malay cs:czech"
          + " ro:romanian,moldavian,moldovan da:danish hu:hungarian ta:tamil no:norwegian th:thai ur:urdu hr:croatian"
          + " bg:bulgarian lt:lithuanian la:latin mi:maori ml:malayalam cy:welsh sk:slovak te:telugu fa:persian"
          + " lv:latvian bn:bengali sr:serbian az:azerbaijani sl:slovenian kn:kannada et:estonian mk:macedonian"
          + " br:breton eu:basque is:icelandic hy:armenian ne:nepali mn:mongolian bs:bosnian kk:kazakh sq:albanian"
          + " sw:swahili gl:galician mr:marathi pa:punjabi,panjabi si:sinhala,sinhalese km:khmer sn:shona yo:yoruba"
          + " so:somali af:afrikaans oc:occitan ka:georgian be:belarusian tg:tajik sd:sindhi gu:gujarati am:amharic"
          + " yi:yiddish lo:lao uz:uzbek fo:faroese ht:haitian_creole,haitian ps:pashto,pushto tk:turkmen nn:nynorsk"
          + " mt:maltese sa:sanskrit lb:luxembourgish,letzeburgesch my:myanmar,burmese bo:tibetan tl:tagalog"
          + " mg:malagasy as:assamese tt:tatar haw:hawaiian ln:lingala ha:hausa ba:bashkir jw:javanese su:sundanese"
          + " yue:cantonese";

  private static final Map<String, String> CODES = new HashMap<>();

  static {
    for (String entry : TABLE.split(" ", -1)) {
      int colon = entry.indexOf(':');
      String code = entry.substring(0, colon);
      CODES.put(code, code);
      for (String name : entry.substring(colon + 1).split(",", -1)) {
        CODES.put(name.replace('_', ' '), code);
      }
    }
  }

  private WhisperLanguages() {}

  /** The token of a language as a model's table has it: {@code french}, {@code FR}, {@code fr} and {@code <|fr|>} are {@code <|fr|>}. */
  static String token(String language) {
    String small = language.toLowerCase(Locale.ROOT);
    String code = CODES.get(small);
    return code == null ? small : "<|" + code + "|>";
  }
}
