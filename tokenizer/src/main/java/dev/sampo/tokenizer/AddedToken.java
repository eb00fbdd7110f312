package dev.sampo.tokenizer;

/**
 * A token that is found in the text before the model sees it.
 *
 * @param id its id
 * @param content its text
 * @param singleWord only where no word character touches it
 * @param lstrip takes the white space before it along
 * @param rstrip takes the white space after it along
 * @param normalized is looked for in the normalized text
 * @param special is left out when decoding without special tokens
 */
public record AddedToken(
    int id,
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {}
