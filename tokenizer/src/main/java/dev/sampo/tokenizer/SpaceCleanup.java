package dev.sampo.tokenizer;

/** Takes away the spaces that tokenizers by word leave before English punctuation, as transformers' clean_up_tokenization. */
final class SpaceCleanup {
  private static final String[][] REPLACED = {
    {" .", "."},
    {" ?", "?"},
    {" !", "!"},
    {" ,", ","},
    {" ' ", "'"},
    {" n't", "n't"},
    {" 'm", "'m"},
    {" 's", "'s"},
    {" 've", "'ve"},
    {" 're", "'re"}
  };

  /** Ends of a text that what follows may change. */
  private static final String[] OPEN = {" n '", " n'", " 'v", " 'r", " n", " '", " "};

  private SpaceCleanup() {}

  static String clean(String text) {
    String out = text;
    for (String[] each : REPLACED) {
      out = out.replace(each[0], each[1]);
    }
    return out;
  }

  /** How many characters at the end of a text may still change when more follows. */
  static int open(String text) {
    for (String end : OPEN) {
      if (text.endsWith(end)) {
        return end.length();
      }
    }
    return 0;
  }
}
