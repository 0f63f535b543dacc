"""What the fault tests do to a process, a disk or a file; each module is one kind of misfortune.

Modules:

    benchmark: small benchmark files
    browser: a headless browser
    commands: commands as forks of one process that has loaded everything
    crash: a disk in memory that keeps only what was synchronised
    damage: flipped bits
    durable: numbers the calls that change a disk; one of them fails, comes short or is the last
    example: trains the run folder that the tests share
    ext4: a real file system whose power is cut
    formats: a leaderboard in every format
    fuzz: what is read from files, fed with mutants
    json_schema: whether a value fits a JSON schema
    kills: ends processes at random moments
    launched: one benchmark by every launcher
    mutate: inputs near to good ones: a slip of the hand, a wrong tool, ill will
    same: one benchmark under many circumstances
    served: what `commands` and `server` share
    server: `durable` in forks of one process, by strace where that may attach
    small_disk: a disk that is full
    strangers: changes a run folder as a stranger could
    subjects: one commit each, and what must be there before
    wandb_files: the records of a `.wandb` file
    watched: the files and processes of a command
    zoo: a tiny encoder of every architecture
"""
