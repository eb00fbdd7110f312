package dev.sampo.examples;

import dev.sampo.text.TextGenerator;

/** Translates English number words to French with a recurrent encoder-decoder that attends to its source. */
public final class TranslateNumbers {
  private TranslateNumbers() {}

  /** Prints a few translations. */
  public static void main(String[] args) {
    try (TextGenerator translator = TextGenerator.open(Models.path("numbers-en-fr"))) {
      for (String english : new String[] {"eighty", "eighty-one", "two hundred thousand"}) {
        System.out.println(english + " = " + translator.generate(english).text());
      }
    }
  }
}
