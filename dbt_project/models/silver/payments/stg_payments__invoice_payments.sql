with

invoice_payments as (

    {{ newest_versions('payments', 'invoice_payments') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'invoice_payment'

),

renamed as (

    select
        -- ids
        id as invoice_payment_id,
        invoice as invoice_id,
        {{ json_value('payment', '$.payment_intent') }} as payment_intent_id,
        {{ json_value('payment', '$.charge') }} as charge_id,

        -- strings
        currency,
        status,
        {{ json_value('payment', '$.type') }} as payment_type,

        -- numerics
        amount_paid,
        amount_requested,

        -- booleans
        _is_deleted as is_deleted,
        is_default,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ seconds_at('status_transitions', '$.paid_at') }} as paid_at,
        {{ seconds_at('status_transitions', '$.canceled_at') }} as canceled_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from invoice_payments

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
