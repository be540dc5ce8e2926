"""Assignments that release, grade and explain themselves. For lecturers; students need eoslib alone.

source    an assignment, read from one Markdown file
build     its student notebook, its solution notebook, its Gradescope zip
sheet     what one student is asked and what is right: the truth of that student's own numbers
worker    runs a notebook and reports the values that were asked for; knows no answer
jail      the namespaces and limits around a worker
sandbox   starts a worker in its jail, watches it, and starts it again without a cell that killed it
marking   values against truths: marks and messages
batch     a folder of submissions: resumed, in parallel, none ever stops the others
reports   what is written: CSV, JSON, feedback, the histogram
"""
