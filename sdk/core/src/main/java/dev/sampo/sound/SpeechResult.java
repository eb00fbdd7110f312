package dev.sampo.sound;

import dev.sampo.Timings;
import java.util.List;

/**
 * Spoken texts.
 *
 * @param sampleRateHz samples a second
 * @param utterances one a text, in their order
 * @param seed of the noise, asked for or drawn: the same request with it gives the same sounds, where the model takes its noise from outside
 * @param timings where the time went; its steps are runs of the decoder (VITS: one)
 */
public record SpeechResult(
    int sampleRateHz, List<Utterance> utterances, long seed, Timings timings) {}
