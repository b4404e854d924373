#!/bin/sh
# Build both signal adapters at CPU size, and compare them with baselines and with themselves without the ECG:
#
#     sh docs/examples/signals/run.sh WORK
#
# WORK is a folder for everything that is made. The command can be given again after an interruption: it goes on.
# Two cores are kept busy; each process computes on one, since more threads make models of this size slower.
set -eu
work=${1:?usage: run.sh WORK}
here=$(dirname "$0")
python=${PYTHON:-python}
export OMP_NUM_THREADS=1
mkdir -p "$work"

bench() { "$python" -m ecg_bench "$@"; }
both() { wait "$1"; wait "$2"; }  # each on its own, so that the failure of either ends the script

# What is learned from: synthetic ECGs under seeds that no shipped task uses.
data=synthetic:n=800,seed=1
learn() { name=$1; shift; bench signal train --data $data --out "$work/$name" --config "$name-small" --resume --quiet "$@"; }

# A language model that has read what is said of ECGs, and has seen none; and a classifier, which needs no such thing.
{ [ -f "$work/base/model.safetensors" ] || "$python" "$here/make_base.py" "$work/base"; } & first=$!
learn resnet --arch resnet & second=$!
both $first $second

learn ecg-lm --arch ecg-lm --llm "hf/$work/base" & first=$!
learn meit --arch meit --llm "hf/$work/base" & second=$!
both $first $second

# What is reported: detection, questions and reports. The control is the same system, asked without the ECG.
evaluate() { name=$1; shift; bench eval --tasks 'ecg/signal-*' --task-arg n=200 --out "$work/runs/$name" --quiet "$@"; }
{
    evaluate ecg-lm --model "signal/$work/ecg-lm" --system ecg-lm
    evaluate ecg-lm-blind --model "signal/$work/ecg-lm" --no-signal --system 'ecg-lm without ECG'
    evaluate resnet --model "signal/$work/resnet" --system resnet
} & first=$!
{
    evaluate meit --model "signal/$work/meit" --system meit
    evaluate meit-blind --model "signal/$work/meit" --no-signal --system 'meit without ECG'
    evaluate rule-reader --model baseline/rule-reader --system rule-reader
} & second=$!
both $first $second

# The same systems on disturbed ECGs.
for snr in 10 0; do
    {
        evaluate "ecg-lm-snr$snr" --model "signal/$work/ecg-lm" --perturb "snr=$snr,noise=motion" --system ecg-lm
        evaluate "rule-reader-snr$snr" --model baseline/rule-reader --perturb "snr=$snr,noise=motion" --system rule-reader
    } & first=$!
    {
        evaluate "meit-snr$snr" --model "signal/$work/meit" --perturb "snr=$snr,noise=motion" --system meit
        evaluate "resnet-snr$snr" --model "signal/$work/resnet" --perturb "snr=$snr,noise=motion" --system resnet
    } & second=$!
    both $first $second
done

bench leaderboard "$work/runs/ecg-lm" "$work/runs/meit" "$work/runs/resnet" "$work/runs/rule-reader" \
    "$work/runs/ecg-lm-blind" "$work/runs/meit-blind" --rank-all --out "$work/board"
bench robustness "$work"/runs/* --out "$work/robustness"
for system in ecg-lm meit; do
    bench compare "$work/runs/$system-blind" "$work/runs/$system" --show 0 --out "$work/$system-against-blind" \
        --fail-if worse
done
