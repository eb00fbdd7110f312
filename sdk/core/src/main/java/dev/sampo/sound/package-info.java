/**
 * Sounds: {@link dev.sampo.sound.MusicPipeline} composes by text, {@link dev.sampo.sound.SpeechPipeline} speaks, {@link
 * dev.sampo.sound.WaveNetPipeline} draws sample by sample, {@link dev.sampo.sound.Wav} reads and writes files, {@link
 * dev.sampo.sound.LogMelFeatures} makes of a sound what Whisper reads.
 */
@NullMarked
package dev.sampo.sound;

import org.jspecify.annotations.NullMarked;
