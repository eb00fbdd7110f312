/**
 * Sounds: {@link dev.sampo.sound.WaveNetPipeline} draws them sample by sample, {@link dev.sampo.sound.Wav} reads and writes files, {@link
 * dev.sampo.sound.LogMelFeatures} makes of a sound what Whisper reads.
 */
@NullMarked
package dev.sampo.sound;

import org.jspecify.annotations.NullMarked;
