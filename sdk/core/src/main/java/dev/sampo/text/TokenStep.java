package dev.sampo.text;

import dev.sampo.Progress;

/**
 * A token that was generated, told in the thread that generates. With beams nothing is settled before the end: a step is then told once for all
 * rows, with -1 for both indices and the token, and without text.
 *
 * @param promptIndex index of the prompt
 * @param sequenceIndex index of the sequence among those of the prompt
 * @param tokenId the id
 * @param text text that this token completes; empty while a character is incomplete. All of them together are the text of the sequence
 * @param last whether the sequence ends with it
 * @param done tokens so far, all sequences together; with beams steps
 * @param total most that there can be
 */
public record TokenStep(
    int promptIndex,
    int sequenceIndex,
    int tokenId,
    String text,
    boolean last,
    long done,
    long total)
    implements Progress.Step {}
