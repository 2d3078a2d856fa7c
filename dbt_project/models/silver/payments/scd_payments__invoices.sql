with

invoices as (

    {{ all_versions('payments', 'invoices') }}

),

renamed as (

    select
        -- ids
        id as invoice_id,

        -- strings
        currency,
        status,

        -- numerics
        amount_due,
        amount_paid,
        coalesce(amount_remaining, amount_due - amount_paid) as amount_remaining,
        total,

        -- booleans
        false as is_gone,

        -- timestamps
        {{ from_epoch_seconds('due_date') }} as due_at,

        -- lineage
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at,
        _payload_sha256 as payload_sha256

    from invoices

),

history as (

    {{
        periods('renamed', 'payments', 'invoices', key='invoice_id', attributes=[
            'currency', 'status', 'amount_due', 'amount_paid', 'amount_remaining', 'total',
            'due_at',
        ])
    }}

)

select * from history
